"""What is refused of wide sides, in the words of the core, and how input is checked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from problems import random
from spanmatch.solve.measures import linear_cka, measures

if TYPE_CHECKING:
    from collections.abc import Callable

    from problems import Sides

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")


def broken(kind: str) -> Sides:
    x, y = random(np.random.default_rng(0), 3000, 25, 10)
    at = (7, 2345)
    match kind:
        case "NaN":
            x[at] = math.nan
        case "infinity":
            x[at] = -math.inf
        case "infinity in the first row":
            x[0, 2345] = math.inf
        case "squares overflow":
            x[at] = 1e200
        case "the range overflows":
            x[7:9, 2345] = 1.7e308, -1.7e308
        case "a constant overflows":
            x[:, 2345] = 1e200
        case "squares underflow":
            x[:, 2345] *= 1e-200
        case "no normal numbers":
            x[:, 2345] *= 1e-310
        case "rows":
            y = y[:9]
        case "no rows":
            x, y = x[:0], y[:0]
    return x, y


@pytest.mark.parametrize(
    "kind",
    [
        *("NaN", "infinity", "infinity in the first row", "squares overflow"),
        *("the range overflows", "a constant overflows", "squares underflow", "no normal numbers"),
        *("rows", "no rows"),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("call", [measures, linear_cka])
def test_refusals_are_those_of_the_core(kind: str, swap: bool, call: Callable[..., object]) -> None:
    sides = broken(kind)[:: -1 if swap else 1]
    with pytest.raises(ValueError) as wanted:  # noqa: PT011
        sm.spectrum(*sides, center=True)
    with pytest.raises(ValueError) as got:  # noqa: PT011
        call(*sides)
    assert str(got.value) == str(wanted.value)


@pytest.mark.parametrize("call", [measures, linear_cka])
def test_input_is_checked(call: Callable[..., object], capfd: pytest.CaptureFixture[str]) -> None:
    x, y = random(np.random.default_rng(0), 40, 25, 10)
    for sides, words in (
        ((x[:, 0], y), r"x\[:, None\]"),
        ((x[:, :, None, None], y), "as_rows"),
        ((x, None), "y is missing"),
    ):
        with pytest.raises((ValueError, TypeError), match=words):
            call(*sides)
    with pytest.raises(TypeError, match=r"y holds int64.*y\.astype\(np\.float64\)"):
        call(x, y.astype(np.int64))
    wanted = call(x, y)
    assert capfd.readouterr() == ("", "")
    assert call(x, y, progress=True) == wanted
    assert capfd.readouterr().err != ""
    with pytest.warns(sm.UndersampledWarning, match="10 samples for 40 neurons") as caught:
        call(y, x)
    assert [warning.filename for warning in caught] == [__file__]

"""Numbers that are none, or beyond every float: TypeError or ValueError, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from refusal import filled
from spanmatch.base import arguments
from spanmatch.base.memory import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

NAN = float("nan")
NO_FLOAT = [10**400, -(10**400), Fraction(10**400, 3), NAN, -1, True, np.True_, "3", b"3", None,
            1j, Decimal("0.1"), Decimal("sNaN"), [0.1], np.datetime64("2020"),
            np.ma.masked]  # fmt: skip
NO_COUNT = [10**400, -(10**400), Fraction(3), NAN, -1, 0, 3.0, np.float32(3), True, np.True_, "3",
            None, 1j, Decimal(3), [3], np.array([3, 4]), np.timedelta64(3, "s"),
            np.ma.masked]  # fmt: skip

FLOATS: dict[str, Callable[[Any], object]] = {
    "eps": arguments.as_eps,
    "similarity": arguments.as_similarity,
    "probability": lambda number: arguments.as_probability(number, "level"),
    "part": lambda number: arguments.as_part(number, "part"),
    "penalty": lambda number: arguments.as_penalty(number, "penalty"),
    "levels": arguments.as_levels,
    "maximum_match": lambda number: sm.maximum_match(filled(), eps=number),
    "spectrum": lambda number: sm.spectrum(filled()).similarity(number),
}


def show(number: object) -> str:
    return repr(number)[:24]


@pytest.mark.parametrize("name", FLOATS)
@pytest.mark.parametrize("number", NO_FLOAT, ids=show)
def test_what_is_no_float(name: str, number: Any) -> None:
    # Several levels are taken at once.
    if number == [0.1] and name in ("levels", "spectrum"):
        return
    with pytest.raises((TypeError, ValueError)):
        FLOATS[name](number)


@pytest.mark.parametrize("number", NO_COUNT, ids=show)
def test_what_is_no_count(number: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="`limit` must be"):
        arguments.as_at_least_one(number, "limit")


@pytest.mark.parametrize("number", [1, np.int8(7), np.uint64(2**62), np.array(3)])
def test_what_is_a_count(number: Any) -> None:
    found = arguments.as_at_least_one(number, "limit")
    assert type(found) is int
    assert found == number
    assert type(as_bytes(number, "max_memory")) is int


@pytest.mark.parametrize("number", [*NO_COUNT, "-1 GB", "1e9", "GB", "0.4"], ids=show)
def test_what_is_no_size(number: Any) -> None:
    # A text may say a size, and any memory is less than one without end.
    if isinstance(number, str | None) and number in ("3", None):
        return
    if type(number) is int and number > 0:
        return
    with pytest.raises((TypeError, ValueError), match="`max_memory`"):
        as_bytes(number, "max_memory")


@pytest.mark.parametrize("size", [10**400, "9" * 400, "9" * 308 + " GB", "8 EB", "7 EiB"], ids=show)
def test_sizes_that_no_machine_has(size: Any) -> None:
    assert as_bytes(size, "max_memory") == min(as_bytes("9" * 400, "size") or 0, {
        "8 EB": 8 * 10**18, "7 EiB": 7 * 2**60}.get(str(size), 2**63 - 1))  # fmt: skip


@pytest.mark.parametrize("index", [2**63, -(2**63), 10**30, np.uint64(2**64 - 1), 2, -3], ids=show)
def test_nulls_that_are_not_there(index: Any) -> None:
    pair = sm.ActivationPair(nulls=2)
    samples = np.random.default_rng(0).standard_normal((60, 4))
    pair.update(samples[:, :2], samples[:, 1:])
    nulls = sm.null_spectra(pair)
    with pytest.raises(IndexError, match="there are 2 nulls"):
        nulls[index]
    with pytest.raises(TypeError, match="not of a float"):
        nulls.p_value(0.5)  # type: ignore[call-overload]

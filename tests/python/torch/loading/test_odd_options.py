"""Numbers that are none, given to models and comparisons: an error that names them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from spanmatch.torch import load_data, load_model
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.loading.weightless import build_weightless

ODD = [10**400, -1, Fraction(3, 2), Decimal("sNaN"), float("nan"), 1j, True, "3", [3],
       np.float32(2)]  # fmt: skip


@pytest.mark.parametrize("number", ODD, ids=lambda number: repr(number)[:20])
def test_numbers_that_are_none(number: Any) -> None:
    for name in ("max_batches", "max_neurons", "nulls", "folds", "seed"):
        with pytest.raises((TypeError, ValueError), match=f"`{name}` must be"):
            CompareOptions(**{name: number})
    with pytest.raises((TypeError, ValueError), match="`seed` must be"):
        load_model("resnet20", seed=number)
    for name in ("channels", "classes"):
        for make in (build_weightless, lambda *given, **named: load_model(*given, seed=0, **named)):
            with pytest.raises((TypeError, ValueError), match=f"`{name}` must be"):
                make("resnet20", **{name: number})


@pytest.mark.parametrize("number", [np.int8(3), np.uint16(3), np.int64(3)], ids=repr)
def test_numbers_of_numpy(number: Any) -> None:
    options = CompareOptions(max_batches=number, max_neurons=number, nulls=number, folds=number)
    assert {type(value) for value in (options.max_batches, options.nulls, options.folds)} == {int}
    assert len(load_data("digits", limit=number, batch_size=number)) == 1


def test_names_that_are_no_texts() -> None:
    loads: list[Any] = [load_model, load_data]
    for load in loads:
        with pytest.raises(TypeError, match="`name` must be a text, got int"):
            load(3)

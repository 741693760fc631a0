"""Sparse samples whose indices are damaged: refused before anything is done with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch

import spanmatch as sm

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CS:UserWarning")


def make_rows() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.where(rng.random((120, 60)) < 0.05, rng.standard_normal((120, 60)), 0.0)


X = make_rows()
Y = np.random.default_rng(1).standard_normal((120, 3))


def read(rows: Any) -> None:
    sm.ActivationPair().update(rows, Y)


def damage(rows: Any, part: str, at: int | slice, value: float | None = None) -> Any:
    """Rows of which one number of a part is another, or of which a part is cut."""
    changed = np.array(getattr(rows, part))
    if value is None:
        changed = changed[at]
    else:
        changed[at] = value
    setattr(rows, part, changed)
    return rows


@pytest.mark.parametrize("make", [sp.csr_array, sp.csc_array, sp.csr_matrix])
@pytest.mark.parametrize(
    ("part", "at", "value", "said"),
    [
        ("indptr", 5, 10**6, "the starts of its (rows|columns) do not rise from 0"),
        ("indptr", 5, -1, "do not rise from 0"),
        ("indptr", 0, 1, "do not rise from 0"),
        ("indptr", -1, 10**6, "do not rise from 0"),
        ("indices", slice(-1), None, "each value has one index"),
        ("data", slice(3), None, "each value has one index"),
        ("indices", 3, 1000, "names (neuron|row) 1000, but there are"),
        ("indices", 3, -1, "names (neuron|row) -1, but there are"),
    ],
)
def test_damaged_arrays_are_refused(make: Any, part: str, at: Any, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"x: .*{said}"):
        read(damage(make(X), part, at, value))


def test_starts_of_other_rows_than_there_are_are_refused() -> None:
    empty = np.zeros_like(X)
    for make, kind in ((sp.csr_array, "rows"), (sp.csc_array, "columns")):
        rows = damage(make(empty), "indptr", slice(-2))
        with pytest.raises(ValueError, match=f"x: it has starts of .* {kind}, but"):
            read(rows)
    rows = sp.csr_array(X)
    rows.indices = rows.indices + 0.5
    with pytest.raises(TypeError, match="x: its columns hold float64, not integers"):
        read(rows)


@pytest.mark.parametrize("index", [-1, len(X), 10**6])
def test_rows_out_of_range_are_named_before_they_are_written_to(index: int) -> None:
    rows = damage(sp.coo_matrix(X), "row", 3, index)
    with pytest.raises(ValueError, match=f"it names row {index}, but there are 120"):
        read(rows)
    columns = damage(sp.coo_matrix(X), "col", 3, index)
    with pytest.raises(ValueError, match=f"names neuron {index}, but there are 60"):
        read(columns)
    for layout, said in (("csc", f"row {index}"), ("csr", f"neuron {index}")):
        make = getattr(torch, f"sparse_{layout}_tensor")
        starts = torch.tensor([0] + [2] * (120 if layout == "csr" else 60))
        wrong = make(
            starts, torch.tensor([0, index]), torch.ones(2), (120, 60), check_invariants=False
        )
        with pytest.raises(ValueError, match=f"names {said}, but there are"):
            read(wrong)

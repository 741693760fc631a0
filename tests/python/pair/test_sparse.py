"""Sparse samples in updates: scipy's, torch's, and rows of a few values."""

from __future__ import annotations

import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = [
    pytest.mark.filterwarnings("ignore:Sparse CS:UserWarning"),
    pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning"),
]
KINDS: dict[str, Callable[[NDArray[Any]], Any]] = {
    "csr array": sp.csr_array,
    "csr matrix": sp.csr_matrix,
    "csc array": sp.csc_array,
    "coo matrix": sp.coo_matrix,
    "torch coo": lambda rows: torch.from_numpy(rows).to_sparse_coo(),
    "torch csr": lambda rows: torch.from_numpy(rows).to_sparse_csr(),
    "torch csc": lambda rows: torch.from_numpy(rows).to_sparse_csc(),
}


def make_rows(seed: int, count: int = 120, width: int = 60, share: float = 0.04) -> NDArray[Any]:
    """Few values that are not zero, one latent that is always on, and one that never is."""
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random((count, width)) < share, rng.standard_normal((count, width)), 0.0)
    rows[:, 0] = 10 + rng.standard_normal(count)
    rows[:, 1] = 0.0
    return rows


X, Y = make_rows(0), make_rows(1, width=45)


def make_coo(indices: list[list[int]], values: list[float], *, check: bool) -> torch.Tensor:
    """A tensor of three samples of 40 neurons; unchecked, it may name others."""
    where, what = torch.tensor(indices), torch.tensor(values)
    return torch.sparse_coo_tensor(where, what, (3, 40), check_invariants=check)


def paired(x: Any, y: Any, each: int = 1, **kept: Any) -> sm.ActivationPair:
    pair = sm.ActivationPair(**kept)
    pair.update(x, y, rows_per_item=each)
    return pair


def assert_alike(found: sm.ActivationPair, wanted: sm.ActivationPair) -> None:
    assert (found.n_x, found.n_y, found.n_samples) == (wanted.n_x, wanted.n_y, wanted.n_samples)
    for center in (False, True):
        np.testing.assert_allclose(
            found.gram(center=center), wanted.gram(center=center), rtol=1e-10, atol=1e-9
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_summed_as_the_same_rows(kind: str) -> None:
    make = KINDS[kind]
    wanted = paired(X, Y)
    for x, y in ((make(X), make(Y)), (X, make(Y)), (make(X), Y)):
        assert_alike(paired(x, y), wanted)
    area = sm.spectrum(X, Y).area
    assert sm.spectrum(make(X), make(Y)).area == pytest.approx(area, abs=1e-9)


def test_indices_of_32_and_64_bits_unsorted_twice_and_zeros_that_are_named() -> None:
    dense = np.zeros((3, 40))
    dense[0, 7], dense[0, 3], dense[2, 39] = 1.5, 2.0, -1.0
    other = np.random.default_rng(0).standard_normal((3, 2))
    for kind in (np.int32, np.int64):
        starts, columns = np.array([0, 4, 4, 5], kind), np.array([7, 3, 7, 0, 39], kind)
        data = np.array([1.0, 2.0, 0.5, 0.0, -1.0])
        for make in (sp.csr_array, sp.csr_matrix):
            rows = make((data, columns, starts), shape=(3, 40))
            assert_alike(paired(rows, other), paired(dense, other))
            # It stays as it was given.
            assert rows.nnz == 5
    twice = make_coo([[0, 0, 0, 2], [7, 7, 3, 39]], [1.0, 0.5, 2.0, -1.0], check=True)
    assert_alike(paired(twice, other), paired(dense, other))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_the_top_values_of_each_sample(dtype: torch.dtype) -> None:
    rng = np.random.default_rng(2)
    indices = rng.integers(0, 500, (80, 6))
    values = torch.from_numpy(rng.random((80, 6))).to(dtype)
    dense = np.zeros((80, 500))
    np.add.at(dense, (np.arange(80)[:, None], indices), values.double().numpy())
    rows = sm.sparse_rows(torch.from_numpy(indices), values, 500)
    assert (rows.shape, len(rows)) == ((80, 500), 80)
    other = rng.standard_normal((80, 3))
    assert_alike(paired(rows, other), paired(dense, other))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10), st.sampled_from([0.02, 0.3]), st.integers(0, 3), st.integers(1, 3))
def test_what_is_kept_beside_the_sums_is_that_of_the_same_rows(
    seed: int, share: float, nulls: int, each: int
) -> None:
    x, y = make_rows(seed, share=share), make_rows(seed + 50, width=30, share=share)
    kept = {"nulls": nulls, "folds": 3, "seed": seed}
    found, wanted = paired(sp.csr_array(x), y, each, **kept), paired(x, y, each, **kept)
    assert_alike(found, wanted)
    assert sm.measures(found).debiased_cka == pytest.approx(
        sm.measures(wanted).debiased_cka, abs=1e-9
    )
    assert sm.interval(found).area == pytest.approx(sm.interval(wanted).area, abs=1e-7)
    if nulls:
        areas = [sm.null_spectra(each).area for each in (found, wanted)]
        np.testing.assert_allclose(areas[0], areas[1], atol=1e-7)


def test_batches_of_both_kinds_merged_saved_and_in_sets(tmp_path: Path) -> None:
    wanted = sm.ActivationPair(nulls=1, folds=2)
    found = sm.ActivationPair(nulls=1, folds=2)
    for at, kind in enumerate((sp.csr_array, np.asarray, sp.csc_array)):
        rows = slice(40 * at, 40 * (at + 1))
        wanted.update(X[rows], Y[rows])
        found.update(kind(X[rows]), Y[rows])
    assert_alike(found, wanted)
    assert_alike(found + paired(X, Y, nulls=1, folds=2), wanted + paired(X, Y, nulls=1, folds=2))
    sm.save(found, tmp_path / "pair")
    for again in (sm.load(tmp_path / "pair"), pickle.loads(pickle.dumps(found))):
        assert isinstance(again, sm.ActivationPair)
        assert np.array_equal(again.gram(), found.gram())
    acts, plain = sm.ActivationSet(list("abc")), sm.ActivationSet(list("abc"))
    acts.update({"a": sp.csr_array(X), "b": Y, "c": torch.from_numpy(X[:, :9]).to_sparse_csr()})
    plain.update({"a": X, "b": Y, "c": X[:, :9]})
    for a, b in (("a", "b"), ("c", "a"), ("b", "c")):
        assert_alike(acts.pair(a, b), plain.pair(a, b))


def make_blocks() -> torch.Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.from_numpy(X).to_sparse_bsr((2, 3))


HOLED = X.copy()
HOLED[17, 9] = np.nan


@pytest.mark.parametrize(
    ("x", "kind", "said"),
    [
        (sp.csr_array(HOLED), ValueError, r"batch 1 .*neuron 9 of x is NaN in row 17"),
        (sp.csr_array(X * 1e200), ValueError, r"batch 1 .*neuron \d+ of x reaches .*overflow"),
        (sp.csr_array(X[:7]), ValueError, "x has 7 rows and y has 120"),
        (sp.csr_array(X[:, :9]), ValueError, "x has 9 neurons, but the pair was begun with 60"),
        (sp.csr_array(X.astype(int)), TypeError, "x: it holds int64.*astype"),
        (sp.csr_array(X.astype(complex)), TypeError, "x: it holds complex128"),
        (make_blocks(), TypeError, "x: .*sparse_bsr.*to_sparse_csr"),
        (torch.from_numpy(X[:, :, None]).to_sparse_coo(), ValueError, "x: it has shape"),
    ],
    ids=["nan", "large", "rows", "width", "int", "complex", "layout", "axes"],
)
def test_a_wrong_batch_is_named_and_changes_nothing(
    x: Any, kind: type[Exception], said: str
) -> None:
    pair = paired(sp.csr_array(X), Y, nulls=1, folds=2)
    before = pair.gram()
    with pytest.raises(kind, match=said):
        pair.update(x, Y)
    assert np.array_equal(pair.gram(), before)
    assert pair.n_batches == 1


def test_rows_that_are_none_are_refused() -> None:
    for indices, values, kind, said in (
        ([[0, 5]], [[1.0, 1.0]], ValueError, "row 0 names neuron 5, but there are 5"),
        ([[0, -1]], [[1.0, 1.0]], ValueError, "row 0 names neuron -1"),
        ([[0.0, 1.0]], [[1.0, 1.0]], TypeError, "indices hold float64, not integers"),
        ([[0, 1]], [[1, 1]], TypeError, "values holds int64"),
        ([[0, 1]], [[1.0]], ValueError, "samples × k"),
        ([0, 1], [1.0, 1.0], ValueError, "samples × k"),
    ):
        with pytest.raises(kind, match=said):
            sm.sparse_rows(np.array(indices), np.array(values), 5)
    with pytest.raises(TypeError, match="values is a masked array"):
        sm.sparse_rows([[0, 1]], np.ma.masked_less(np.array([[1.0, 2.0]]), 2), 5)
    for width, refused, said in (
        (-1, ValueError, "`n_neurons` must be from 0 to 4294967295, got -1"),
        (2**32, ValueError, "must be from 0"),
        (10**30, ValueError, "must be from 0"),
        (5.0, TypeError, "`n_neurons` must be an integer, got float"),
        (True, TypeError, "must be an integer, got bool"),
    ):
        with pytest.raises(refused, match=said):
            sm.sparse_rows([[0, 0]], [[1.0, 2.0]], width)  # type: ignore[arg-type]
    with pytest.raises(MemoryError, match=r"4294967295 \+ 3 neurons"):
        paired(sm.sparse_rows([[0, 1]], [[1.0, 2.0]], 2**32 - 1), Y[:1, :3])
    for indices, said in (
        ([[0, 3], [1, 1]], "row 3, but there are 3"),
        ([[0, 1], [1, 40]], "neuron 40, but there are 40"),
    ):
        with pytest.raises(ValueError, match=said):
            paired(make_coo(indices, [1.0, 1.0], check=False), Y[:3])
    with pytest.raises(TypeError, match="y is sparse, which is not read here"):
        sm.debiased_linear_cka(X[:8], sp.csr_array(Y[:8]))


def test_other_formats_of_scipy_and_parts_of_arrays() -> None:
    wanted = paired(X, Y)
    both = np.vstack([X, X])
    for rows in (
        sp.bmat([[sp.csr_matrix(X[:, :20]), sp.coo_matrix(X[:, 20:])]]),
        sp.csr_array(both)[len(X) :],
        sp.csr_array(X.T.copy()).T,
        sp.bsr_array(X),
        sp.dok_array(X),
        sp.lil_matrix(X),
    ):
        assert_alike(paired(rows, Y), wanted)
    diagonals = sp.dia_array((np.ones((1, 40)), [0]), shape=(120, 40))
    assert_alike(paired(diagonals, Y), paired(diagonals.toarray(), Y))


def test_places_in_any_order_and_twice() -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.nonzero(X)
    order = rng.permutation(2 * len(rows))
    halves = np.tile(X[rows, columns] / 2, 2)[order]
    rows, columns = np.tile(rows, 2)[order], np.tile(columns, 2)[order]
    wanted = paired(X, Y)
    assert_alike(paired(sp.coo_array((halves, (rows, columns)), X.shape), Y), wanted)
    where = torch.from_numpy(np.stack([rows, columns]))
    what = torch.from_numpy(halves).requires_grad_()
    tensor = torch.sparse_coo_tensor(where, what, X.shape, check_invariants=True)
    assert_alike(paired(tensor, Y), wanted)


def test_centring_takes_no_digits_from_neurons_that_are_always_on() -> None:
    rng = np.random.default_rng(0)
    change = rng.random((40, 2))
    indices = np.tile([2, 5, 8], (40, 1))
    values = np.c_[np.full(40, 0.1), 1e8 + change[:, 0], 1e3 + change[:, 1]]
    other = rng.standard_normal((40, 3))
    starts = 3 * np.arange(41)
    scipy_rows = sp.csr_array((values.ravel(), indices.ravel(), starts), (40, 100))
    for sparse in (sm.sparse_rows(indices, values, 100), scipy_rows):
        pair = paired(other, sparse)
        assert pair._gram.to_host().n_shifted == [3, 3]
        found = pair.gram(center=True)[3:, 3:]
        centred = change - change.mean(axis=0)
        np.testing.assert_allclose(found[[5, 8], [5, 8]], (centred**2).sum(axis=0), rtol=1e-6)
        with pytest.warns(sm.UndersampledWarning):
            spectrum = sm.spectrum(pair, center=True)
        # One that is always the same is dead when centred, as in an array.
        assert np.isinf(spectrum.y[2])
        assert np.isfinite(spectrum.y[[5, 8]]).all()


@pytest.mark.usefixtures("restore_threads")
def test_arrays_that_may_not_be_written_to_and_the_same_bits_at_any_number_of_threads() -> None:
    rows = sp.csr_array(X)
    for part in (rows.data, rows.indices, rows.indptr):
        part.flags.writeable = False
    found = []
    for count in (1, 2, 3):
        sm.set_num_threads(count)
        found.append(pickle.dumps(paired(rows, Y, nulls=2, folds=3)))
    assert found[0] == found[1] == found[2]

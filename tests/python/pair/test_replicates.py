"""A pair keeps its nulls and folds wherever it goes: through batches, merges, files and copies."""

from __future__ import annotations

import copy
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors import safe_open

import spanmatch as sm
from grams import dealt, gram_of, grams, of_folds
from problems import planted
from rewritten_files import rewritten

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spanmatch.base.arguments import RowsPerItem

ROWS, N_X, N_Y = 240, 5, 4
X, Y = planted(np.random.default_rng(3), N_X, N_Y, ROWS)
NULLS, FOLDS = 6, 4


def kept(first: int = 0, last: int = ROWS, **options: Any) -> sm.ActivationPair:
    """A pair of some rows, four to an item, in two batches of different means."""
    pair = sm.ActivationPair(**({"nulls": NULLS, "folds": FOLDS, "seed": 2} | options))
    middle = first + (last - first) // 8 * 4
    for rows in (slice(first, middle), slice(middle, last)):
        pair.update(X[rows] + first, Y[rows] - 2 * first, rows_per_item=4)
    return pair


def state(pair: sm.ActivationPair) -> bytes:
    """Every bit of it."""
    return pickle.dumps((pair.__reduce__()[1], pair.n_items))


def test_a_pair_says_what_it_keeps() -> None:
    pair = kept()
    assert (pair.n_nulls, pair.n_folds, pair.n_items, pair.n_samples) == (6, 4, 60, 240)
    plain = sm.ActivationPair()
    plain.update(X, Y)
    assert (plain.n_nulls, plain.n_folds, plain.n_items) == (0, 0, 240)


def test_items_come_back_without_nulls_too(tmp_path: Path) -> None:
    plain = sm.ActivationPair()
    plain.update(X, Y)
    plain.save(tmp_path / "pair")
    path = tmp_path / "pair"
    for again in (pickle.loads(pickle.dumps(plain)), sm.ActivationPair.load(path)):
        assert again.n_items == 240


def test_an_item_may_have_many_rows() -> None:
    # As an image of 512 × 512 has.
    x = np.resize(X, (2 * 512**2, 1))
    pair = sm.ActivationPair(nulls=1)
    pair.update(x, x, rows_per_item=512**2)
    assert pair.n_items == 2


def test_what_is_kept_beside_changes_no_bit_of_the_pair() -> None:
    plain = sm.ActivationPair()
    for rows in (slice(0, 120), slice(120, 240)):
        plain.update(X[rows], Y[rows])
    mine, other = (pair._gram.to_host().parts() for pair in (kept(), plain))
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("items", [7, 32, 50])
def test_folds_are_whole_items_and_even(items: int) -> None:
    fold = dealt(5, items)
    sizes = np.bincount(fold, minlength=5)
    assert sizes.max() - sizes.min() <= 1
    x = np.repeat(np.eye(items), 3, axis=0)
    pair = sm.ActivationPair(folds=5)
    for rows in (slice(0, 12), slice(12, 3 * items)):
        pair.update(x[rows], x[rows], rows_per_item=3)
    for number, gram in enumerate(grams(pair)[1:]):
        np.testing.assert_allclose(np.diagonal(gram)[:items], 3.0 * (fold == number), atol=1e-9)


@pytest.mark.parametrize("rows", [240, 2000])
def test_folds_are_the_grams_of_their_rows(rows: int) -> None:
    x, y = planted(np.random.default_rng(4), N_X, N_Y, rows)
    z, fold = np.hstack([x, y]), np.repeat(dealt(4, rows // 4, seed=9), 4)
    pair = sm.ActivationPair(folds=4, seed=9)
    for part in (slice(0, 40), slice(40, rows)):
        pair.update(x[part], y[part], rows_per_item=4)
    for times in ([1, 0, 0, 0], [0, 1, 1, 1], [2, 0, 3, 1]):
        weights = np.array(times)[fold]
        found = of_folds(pair, *times)
        np.testing.assert_allclose(gram_of(found), (z.T * weights) @ z, rtol=0, atol=1e-9 * rows)
        assert found.n_samples == weights.sum()


def test_another_seed_deals_anew() -> None:
    assert not np.array_equal(dealt(4, 40, seed=1), dealt(4, 40, seed=2))
    assert np.array_equal(dealt(4, 40, seed=1), dealt(4, 40, seed=1))


def test_lengths_that_are_equal_are_one_length() -> None:
    pairs = [sm.ActivationPair(nulls=5, folds=3) for _ in range(3)]
    rows_per_item: list[RowsPerItem] = [8, [8] * 30, np.full(30, 8, np.uint8)]
    for pair, rows in zip(pairs, rows_per_item, strict=True):
        pair.update(X, Y, rows_per_item=rows)
    assert state(pairs[0]) == state(pairs[1]) == state(pairs[2])


def test_a_merge_adds_null_to_null_and_fold_to_fold() -> None:
    one, other = kept(0, 96), kept(96, 240, seed=8)
    expected = [a + b for a, b in zip(grams(one), grams(other), strict=True)]
    before = state(other)
    total = one + other
    for merged in (total, other + one):
        for found, wanted in zip(grams(merged), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-11)
        assert (merged.n_items, merged.n_batches, merged.n_samples) == (60, 4, 240)
    assert state(other) == before
    one.merge(other)
    assert state(one) == state(total)


def test_a_pair_doubles_itself() -> None:
    pair = kept()
    expected = [2 * gram for gram in grams(pair)]
    pair.merge(pair)
    for found, wanted in zip(grams(pair), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-11)


def test_a_pair_that_has_seen_nothing_adds_nothing() -> None:
    pair = kept()
    for empty in (sm.ActivationPair(), sm.ActivationPair(nulls=NULLS, folds=FOLDS, seed=2)):
        assert state(pair + empty) == state(empty + pair) == state(pair)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nulls": 5}, "one has 6 nulls and the other 5"),
        ({"nulls": 0}, "one has 6 nulls and the other 0"),
        ({"folds": 3}, "one has 4 folds and the other 3"),
        ({"folds": 0}, "one has 4 folds and the other 0"),
    ],
)
def test_other_numbers_of_nulls_or_folds_do_not_merge(options: dict[str, int], words: str) -> None:
    pair, other = kept(), kept(**options)
    before = state(pair), state(other)
    with pytest.raises(ValueError, match=words):
        pair.merge(other)
    with pytest.raises(ValueError, match="make both with as many"):
        other + pair
    assert (state(pair), state(other)) == before
    with pytest.raises(ValueError, match="make both with as many"):
        sm.ActivationPair(nulls=NULLS + 1, folds=FOLDS).merge(pair)


@pytest.mark.parametrize("options", [{}, {"nulls": 0}, {"folds": 0}], ids=str)
def test_copies_pickles_and_files_keep_every_bit(options: dict[str, int], tmp_path: Path) -> None:
    for pair in (kept(**options), sm.ActivationPair(nulls=3, folds=2, seed=2**64 - 1)):
        pair.save(tmp_path / "pair")
        twins = [
            copy.copy(pair),
            copy.deepcopy(pair),
            pickle.loads(pickle.dumps(pair)),
            sm.ActivationPair.load(tmp_path / "pair"),
        ]
        before = state(pair)
        assert all(state(twin) == before for twin in twins)
        # What comes later is rolled and dealt as it would be here.
        for one in (pair, *twins):
            one.update(X[::-1], Y[::-1], rows_per_item=4)
        assert all(state(twin) == state(pair) != before for twin in twins)


def test_what_is_asked_of_a_file_is_what_is_asked_of_its_pair(tmp_path: Path) -> None:
    pair = kept()
    pair.save(tmp_path / "pair")
    again = sm.ActivationPair.load(tmp_path / "pair")
    assert sm.null_spectra(again) == sm.null_spectra(pair)
    assert sm.p_value(again) == sm.p_value(pair)
    for method in ("jackknife", "bootstrap"):
        assert sm.interval(again, method=method) == sm.interval(pair, method=method)


def test_a_file_without_them_is_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "pair"
    each: dict[str, dict[str, Any]] = {"pair": {}, "other": {"nulls": 0, "folds": 0, "seed": 7}}
    for name, options in each.items():
        pair = sm.ActivationPair(**options)
        pair.update(X, Y, rows_per_item=4)
        pair.save(tmp_path / name)
    assert path.read_bytes() == (tmp_path / "other").read_bytes()
    with safe_open(path, framework="numpy") as file:
        assert set(file.keys()) == {"shift", "sums", "spread", "products", "norms"}
        of_file = {"spanmatch", "format", "version"}
        of_pair = {"n_x", "n_y", "n_batches", "n_samples", "dtype", "x_names", "y_names"}
        assert set(file.metadata()) == of_file | of_pair


def test_a_file_says_what_it_holds(tmp_path: Path) -> None:
    kept().save(tmp_path / "pair")
    with safe_open(tmp_path / "pair", framework="numpy") as file:
        metadata, shift = file.metadata(), file.get_tensor("shift")
        nulls, products = file.get_tensor("nulls"), file.get_tensor("folds.products")
    assert (json.loads(metadata["seed"]), json.loads(metadata["n_items"])) == (2, 60)
    assert json.loads(metadata["folds"]) == [60] * 4
    assert nulls.shape == (NULLS, N_X, N_Y)
    z = np.hstack([X, Y]) - shift
    np.testing.assert_allclose(products.sum(axis=0), z.T @ z, rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "without"),
    [
        ({"seed": "-1"}, ()),
        ({"seed": '"one"'}, ()),
        ({"n_items": "-3"}, ()),
        ({"n_items": str(2**60)}, ()),
        ({"folds": "[60, 60, 60]"}, ()),
        ({"folds": "60"}, ()),
        ({"folds": "[60, 60, 60, -60]"}, ()),
        ({"folds": "[60, 60, 60, 241]"}, ()),
        ({"nulls": np.zeros((NULLS, N_Y, N_X))}, ()),
        ({"nulls": np.zeros((N_X, N_Y))}, ()),
        ({"nulls": np.zeros((NULLS, N_X, N_Y), np.float32)}, ()),
        ({"nulls": np.full((NULLS, N_X, N_Y), np.nan)}, ()),
        ({"folds.sums": np.zeros((FOLDS, 3))}, ()),
        ({"folds.sums": np.full((FOLDS, N_X + N_Y), np.inf)}, ()),
        ({"folds.spread": np.full((FOLDS, N_X + N_Y), -1.0)}, ()),
        ({"folds.products": np.zeros((3, N_X + N_Y, N_X + N_Y))}, ()),
        ({"folds.products": np.full((FOLDS, N_X + N_Y, N_X + N_Y), 1e9)}, ()),
        ({}, ("seed",)),
        ({}, ("n_items",)),
        ({}, ("folds",)),
        ({}, ("folds.sums",)),
        ({}, ("folds.products",)),
        ({}, ("nulls",)),
        ({"folds": "[60, 60, 60, 12]"}, ()),
        ({"n_items": "0"}, ()),
    ],
    ids=",".join,
)
def test_damaged_files_are_refused(
    changes: dict[str, Any], without: tuple[str, ...], tmp_path: Path
) -> None:
    kept().save(tmp_path / "pair")
    path = rewritten(tmp_path / "pair", changes, without)
    with pytest.raises(sm.FileError, match="damaged") as caught:
        sm.load(path)
    assert str(path) in str(caught.value)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pair"
    kept().save(path)
    whole = path.read_bytes()
    for size in (0, 9, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(sm.FileError, match="cut short"):
            sm.load(path)


def test_many_threads_update_one_pair() -> None:
    # All batches are alike: whatever their order, the sums are the same.
    one, many = (sm.ActivationPair(nulls=NULLS, folds=FOLDS) for _ in range(2))
    for _ in range(24):
        one.update(X, Y, rows_per_item=4)
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(many.update, X, Y, rows_per_item=4) for _ in range(24)]
        for future in futures:
            future.result()
    assert state(many) == state(one)


def test_many_threads_merge_into_one_pair() -> None:
    total, part = sm.ActivationPair(nulls=NULLS, folds=FOLDS), kept()
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(total.merge, part) for _ in range(16)]:
            future.result()
    for found, single in zip(grams(total), grams(part), strict=True):
        np.testing.assert_allclose(found, 16 * single, rtol=1e-11)
    assert total.n_items == 16 * 60


@pytest.mark.usefixtures("restore_threads")
def test_the_same_bits_at_any_number_of_threads() -> None:
    x, y = planted(np.random.default_rng(5), 131, 117, 3000)
    found = []
    for threads in (1, 2, 4):
        sm.set_num_threads(threads)
        pair = sm.ActivationPair(nulls=3, folds=3)
        for rows in (slice(0, 2000), slice(2000, 2400), slice(2400, 3000)):
            pair.update(x[rows], y[rows], rows_per_item=20)
        found.append(state(pair))
    assert found[0] == found[1] == found[2]


def spoilt(row: int, value: float, rows: int = 60) -> np.ndarray:
    x = X[:rows].copy() if rows <= ROWS else np.resize(X, (rows, N_X))
    x[row, 1] = value
    return x


LONG = np.resize(Y, (5000, N_Y))


@pytest.mark.parametrize("begun", [False, True], ids=["empty", "begun"])
@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda pair: pair.update(spoilt(59, np.nan), Y[:60]), "neuron 1 of x.*NaN"),
        (lambda pair: pair.update(spoilt(4999, np.nan, 5000), LONG), "neuron 1 of x"),
        (lambda pair: pair.update(spoilt(3, 1e200), Y[:60]), "neuron 1 of x"),
        (lambda pair: pair.update(spoilt(4900, 1e200, 5000), LONG), "neuron 1 of x"),
        (lambda pair: pair.update(X[:60], Y[:59]), "60.*59"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=7), "is 7.*60 rows"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=0), "from 1|at least 1"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=60), "batches of two items"),
        (lambda pair: pair.update(X[:1], Y[:1]), "rows_per_item"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=[30, 29]), "adds up to 59.*60"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=[60, 0]), "rows_per_item"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=[61, -1]), "at least 1"),
        (lambda pair: pair.update(X[:60], Y[:60], rows_per_item=[[30, 30]]), r"shape \(1, 2\)"),
    ],
)
def test_a_failed_update_changes_nothing(
    call: Callable[[sm.ActivationPair], None], words: str, begun: bool
) -> None:
    pair = kept() if begun else sm.ActivationPair(nulls=3, folds=2)
    before = state(pair)
    with pytest.raises(ValueError, match=words) as caught:
        call(pair)
    assert f"batch {pair.n_batches} (counted from 0)" in str(caught.value)
    assert state(pair) == before


@pytest.mark.parametrize("rows", [1.5, "4", None, True, [4.0] * 15, [True] * 60])
def test_rows_per_item_of_another_type_are_refused(rows: Any) -> None:
    pair = kept()
    before = state(pair)
    with pytest.raises(TypeError, match=r"`rows_per_item` must (be an integer|hold integers)"):
        pair.update(X[:60], Y[:60], rows_per_item=rows)
    assert state(pair) == before


def test_rows_per_item_are_checked_where_nothing_is_rolled_or_dealt() -> None:
    pair = sm.ActivationPair()
    with pytest.raises(ValueError, match="no multiple of that"):
        pair.update(X, Y, rows_per_item=7)
    pair.update(X, Y, rows_per_item=ROWS)
    assert pair.n_items == ROWS


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"nulls": -1}, ValueError, "`nulls` must be from 0"),
        ({"nulls": 2.0}, TypeError, "`nulls` must be an integer, got float"),
        ({"nulls": True}, TypeError, "`nulls` must be an integer, got bool"),
        ({"folds": 1}, ValueError, "`folds` must be 0 or at least 2"),
        ({"folds": "16"}, TypeError, "`folds` must be an integer, got str"),
        ({"folds": 10**9}, ValueError, "`folds` must be from 0"),
        ({"seed": -1}, ValueError, "`seed` must be from 0"),
        ({"seed": 0.5}, TypeError, "`seed` must be an integer"),
    ],
)
def test_a_pair_of_what_is_no_number_is_refused(
    options: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        sm.ActivationPair(**options)

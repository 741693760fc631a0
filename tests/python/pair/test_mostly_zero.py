"""Arrays of which most values are zero: summed as sparse rows by a rule that counts them."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.sparse as sp
import torch

import spanmatch as sm
from spanmatch.pair import joint_gram, mostly_zero
from spanmatch.pair.mostly_zero import FEWEST_NEURONS, LARGEST_SHARE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

WIDTH, ROWS = 128, 64
MOST = int(LARGEST_SHARE * WIDTH)
CORE_SHARE = 1 / 8
"""Up to this share of values, sparse rows are less work to the core."""


def make_top(seed: int, most: int = MOST, rows: int = ROWS, width: int = WIDTH) -> NDArray[Any]:
    """Rows with so many values each, none of which is zero."""
    rng = np.random.default_rng(seed)
    found = np.zeros((rows, width))
    for row in found:
        row[rng.choice(width, most, replace=False)] = 0.5 + rng.random(most)
    return found


def make_dense(seed: int, rows: int = ROWS, width: int = WIDTH) -> NDArray[Any]:
    return 3 + np.random.default_rng(seed).standard_normal((rows, width))


def is_shifted(pair: sm.ActivationPair | sm.ActivationSet) -> list[bool]:
    """Whether each side is less a shift, as most of it is that was summed with its zeros."""
    gram = pair._gram.to_host()
    return [2 * count > width for count, width in zip(gram.n_shifted, gram.widths, strict=True)]


def paired(*batches: tuple[Any, Any], **kept: Any) -> sm.ActivationPair:
    pair = sm.ActivationPair(**kept)
    for x, y in batches:
        pair.update(x, y)
    return pair


def with_zeros(monkeypatch: pytest.MonkeyPatch, *batches: tuple[Any, Any], **kept: Any) -> Any:
    """The same, with every zero added."""
    with monkeypatch.context() as patch:
        patch.setattr(mostly_zero, "LARGEST_SHARE", -1)
        return paired(*batches, **kept)


def assert_alike(found: sm.ActivationPair, wanted: sm.ActivationPair) -> None:
    assert (found.n_batches, found.n_samples) == (wanted.n_batches, wanted.n_samples)
    for center in (False, True):
        np.testing.assert_allclose(
            found.gram(center=center), wanted.gram(center=center), rtol=1e-11, atol=1e-10
        )


X, Y = make_top(0), make_top(1)
DENSE = make_dense(2)


def test_the_share_decides_of_each_side_alone() -> None:
    for x, y, shifted in (
        (X, Y, [False, False]),
        (X, DENSE, [False, True]),
        (DENSE, Y, [True, False]),
        (DENSE, DENSE, [True, True]),
    ):
        assert is_shifted(paired((x, y))) == shifted
    more = X.copy()
    more[5, np.flatnonzero(X[5] == 0)[0]] = 1.0
    assert is_shifted(paired((more, Y))) == [True, False]
    acts = sm.ActivationSet(["a", "b", "c"])
    acts.update({"a": X, "b": DENSE, "c": Y})
    assert is_shifted(acts) == [False, True, False]


def test_the_core_sums_without_zeros_what_is_given_to_it_as_sparse() -> None:
    # One rule, in two places: half of the core's share.
    assert LARGEST_SHARE == CORE_SHARE / 2
    of_core = make_top(3, int(CORE_SHARE * WIDTH)), make_top(4, int(CORE_SHARE * WIDTH))
    for other in (of_core[1], DENSE):
        given = sp.csr_array(other) if other is not DENSE else DENSE
        assert is_shifted(paired((sp.csr_array(of_core[0]), given)))[0] is False
        more = of_core[0].copy()
        more[0, np.flatnonzero(more[0] == 0)[0]] = 1.0
        assert is_shifted(paired((sp.csr_array(more), given)))[0] is True


def test_few_neurons_are_summed_as_they_come() -> None:
    few = FEWEST_NEURONS - WIDTH - 1
    assert is_shifted(paired((X, make_top(1, 4, width=few)))) == [True, True]
    assert is_shifted(paired((X, make_top(1, 4, width=few + 1)))) == [False, False]


@pytest.mark.parametrize(
    "cast",
    [
        lambda rows: rows.astype(np.float16),
        lambda rows: rows.astype(np.float32),
        np.asfortranarray,
        lambda rows: rows[::-1],
        lambda rows: torch.from_numpy(rows).bfloat16(),
        lambda rows: torch.from_numpy(rows).half(),
        lambda rows: torch.from_numpy(rows.T.copy()).float().T,
        lambda rows: np.where(rows == 0, -0.0, rows),
    ],
    ids=["half", "single", "fortran", "reversed", "bfloat16", "torch half", "turned", "minus"],
)
def test_arrays_of_every_type_and_layout(cast: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mostly_zero, "BLOCK_VALUES", 3 * WIDTH)
    x, y = cast(X), cast(Y)
    found = paired((x, y))
    assert is_shifted(found) == [False, False]
    assert_alike(found, with_zeros(monkeypatch, (x, y)))


def test_later_batches_follow_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []
    replace = mostly_zero.replace_mostly_zero

    def note(sides: Sequence[Any], gram: Any) -> Any:
        replaced = replace(sides, gram)
        given.append([type(side).__name__ for side in replaced])
        return replaced

    monkeypatch.setattr(joint_gram, "replace_mostly_zero", note)
    batches = [(X, DENSE), (make_top(5), make_top(6)), (DENSE, Y), (make_top(7), Y)]
    pair = paired(*batches)
    # Side y has a shift: as sparse rows it would keep x from being summed without zeros.
    assert given == [
        ["SparseRows", "ndarray"],
        ["SparseRows", "ndarray"],
        ["ndarray", "ndarray"],
        ["SparseRows", "ndarray"],
    ]
    given.clear()
    again = pickle.loads(pickle.dumps(paired(*batches[:2])))
    for x, y in batches[2:]:
        again.update(x, y)
    assert given[2:] == [["ndarray", "ndarray"], ["SparseRows", "ndarray"]]
    assert np.array_equal(again.gram(), pair.gram())
    assert_alike(pair, with_zeros(monkeypatch, *batches))


@pytest.mark.parametrize("kept", [{}, {"nulls": 3, "folds": 3, "seed": 1}])
def test_sums_that_begin_in_either_way_are_merged(
    kept: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    batches = [(X, Y), (DENSE, make_top(5)), (make_top(6), DENSE)]
    parts = [paired(batch, **kept) for batch in batches]
    assert [is_shifted(part) for part in parts] == [[False, False], [True, False], [False, True]]
    wanted = with_zeros(monkeypatch, *batches)
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        total = sm.ActivationPair(**kept)
        for at in order:
            total.merge(parts[at])
        total.save(tmp_path / "pair")
        assert_alike(sm.ActivationPair.load(tmp_path / "pair"), wanted)


def test_nulls_and_folds_are_those_of_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"nulls": 19, "folds": 4, "seed": 3}
    x, y = make_top(0, rows=600), make_top(1, rows=600)
    y[:, :30] += x[:, :30]
    for other in (y, make_dense(4, rows=600)):
        found, wanted = paired((x, other), **kept), with_zeros(monkeypatch, (x, other), **kept)
        assert is_shifted(found) != is_shifted(wanted)
        for center in (False, True):
            assert sm.spectrum(found, center=center).area == pytest.approx(
                sm.spectrum(wanted, center=center).area, abs=1e-9
            )
            areas = [sm.null_spectra(each, center=center).area for each in (found, wanted)]
            np.testing.assert_allclose(areas[0], areas[1], atol=1e-9)
        assert sm.measures(found).debiased_cka == pytest.approx(
            sm.measures(wanted).debiased_cka, abs=1e-9
        )
        assert sm.interval(found).area == pytest.approx(sm.interval(wanted).area, abs=1e-9)


@pytest.mark.parametrize("mean", [10.0, 1e3, 1e8])
def test_a_latent_that_is_always_on_and_hardly_changes_keeps_its_digits(mean: float) -> None:
    change = np.random.default_rng(0).standard_normal(ROWS)
    x = make_top(0, MOST - 1)
    x[:, 0] = mean + change
    pair = paired((x, Y))
    assert pair._gram.to_host().n_shifted == [1, 0]
    centred = change - change.mean()
    found = pair.gram(center=True)[0, 0]
    assert found == pytest.approx(centred @ centred, rel=max(1e-11, mean * 1e-15))


def test_neurons_that_are_on_in_few_first_rows_have_a_shift(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = paired((X[:1], Y[:1]), (X, Y)), paired((X[:2], Y[:2]), (X[2:], Y[2:]))
    assert one._gram.to_host().n_shifted == [MOST, MOST]
    assert max(two._gram.to_host().n_shifted) < MOST
    assert_alike(one, with_zeros(monkeypatch, (X[:1], Y[:1]), (X, Y)))
    assert_alike(two, with_zeros(monkeypatch, (X[:2], Y[:2]), (X[2:], Y[2:])))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.nan, "neuron 9 of y is NaN in row 17"),
        (-np.inf, "neuron 9 of y is -inf in row 17"),
        (1e200, "neuron 9 of y reaches .*overflow"),
    ],
)
@pytest.mark.parametrize("earlier", [0, 1])
def test_values_that_cannot_be_summed_are_named(value: float, said: str, earlier: int) -> None:
    holed = Y.copy()
    holed[17, 9] = value
    with_value = paired(*[(X, Y)] * earlier)
    before = with_value.n_samples
    with pytest.raises(ValueError, match=said) as sparse:
        with_value.update(X, holed)
    assert with_value.n_samples == before
    holed = DENSE.copy()
    holed[17, 9] = value
    with pytest.raises(ValueError, match=said) as dense:
        paired(*[(X, DENSE)] * earlier, (X, holed))
    if not np.isfinite(value):
        assert str(sparse.value) == str(dense.value)
    if not earlier:
        with_value.update(X, Y)
        assert is_shifted(with_value) == [False, False]


def test_batches_that_are_refused_are_refused_as_before() -> None:
    pair = paired((X, Y))
    for x, y, said in (
        (X[:7], Y, "x has 7 rows and y has 64"),
        (X[:0], Y[:0], "no rows"),
        (make_top(0, width=200), Y, "200 neurons, but the pair was begun with 128"),
        (np.zeros((ROWS, 0)), make_top(0, width=300), "neurons"),
    ):
        with pytest.raises(ValueError, match=said):
            pair.update(x, y)
    assert_alike(pair, paired((X, Y)))


def test_large_batches_are_read_where_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mostly_zero, "SMALL_COPY", 0)
    room = 8 * (2 * WIDTH) ** 2
    # 64 bytes for a value that is not zero, 16 for any value of a dense side.
    for is_sparse, rows in (
        (True, room // (2 * 64 * MOST)),
        (False, room // (64 * MOST + 16 * WIDTH)),
    ):
        for count, is_large in ((rows, False), (rows + 1, True)):
            x = make_top(0, rows=count)
            y = make_top(1, rows=count) if is_sparse else make_dense(1, rows=count)
            assert is_shifted(paired((x, y)))[0] is is_large
        # Nulls and folds take as much again.
        for kept in ({"nulls": 1}, {"folds": 2}):
            assert is_shifted(paired((x, y), **kept))[0] is True
            assert is_shifted(paired((x[: rows // 2], y[: rows // 2]), **kept))[0] is False

"""Pairs against matchings by scipy and by trying all, and what must hold of them."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from pairs_oracle import Pairs
from problems import PROBLEMS, planted, problem

if TYPE_CHECKING:
    from pathlib import Path

    from problems import Sides

pytestmark = [
    pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning"),
    pytest.mark.usefixtures("restore_threads"),
]

# Where both neurons are near-duplicates, r² = 1 - cos² has an error of some u, r one of u / r.
SAME = 1e-9


def check_pairs(result: sm.OneToOne, oracle: Pairs, eps: float) -> None:
    pairs = result.pairs(eps)
    assert pairs.dtype == np.int64
    assert pairs.shape == (len(pairs), 2)
    x, y = pairs.T
    assert np.all(np.diff(x) > 0)
    assert np.unique(y).size == y.size
    assert np.all(oracle.residuals[x, y] <= oracle.threshold(eps) + SAME)
    match = result.match(eps)
    np.testing.assert_array_equal(match.x, x)
    np.testing.assert_array_equal(match.y, np.sort(y))
    assert result.similarity(eps) == match.similarity == 2 * len(pairs) / max(1, oracle.count)


def check(x: np.ndarray, y: np.ndarray, *, center: bool = False) -> sm.OneToOne:
    oracle = Pairs(x, y, center=center)
    result, spectrum = sm.one_to_one(x, y, center=center), sm.spectrum(x, y, center=center)
    assert result.resolution == oracle.delta
    for eps in oracle.levels():
        check_pairs(result, oracle, eps)
        assert len(result.pairs(eps)) == oracle.count_pairs(eps)
        assert result.near(eps) == oracle.near(eps)
        assert result.similarity(eps) <= result.near(eps) <= spectrum.similarity(eps)
    check_nearest(result, oracle)
    for critical, live in ((result.x, oracle.live_x), (result.y, oracle.live_y)):
        assert not np.isnan(critical).any()
        assert np.all(np.isinf(critical[~live]))
        assert np.all((critical <= 1.0) | np.isinf(critical))
        assert np.all((critical == 0.0) | (critical > oracle.exact))
    covered = np.isfinite(result.x).sum(), np.isfinite(result.y).sum()
    assert covered[0] == covered[1] == min(oracle.live_x.sum(), oracle.live_y.sum())
    return result


def check_nearest(result: sm.OneToOne, oracle: Pairs) -> None:
    for (index, residual), wanted in (
        (result.nearest_x, oracle.residuals),
        (result.nearest_y, oracle.residuals.T),
    ):
        assert index.dtype == np.int64
        best = wanted.min(axis=1, initial=np.inf)
        has_one = np.isfinite(best)
        np.testing.assert_array_equal(index >= 0, has_one)
        np.testing.assert_allclose(residual, best, rtol=0, atol=SAME)
        chosen = wanted[has_one, index[has_one]]
        np.testing.assert_allclose(chosen, best[has_one], rtol=0, atol=SAME)
        # Of those alike the first: exact ones are alike to the bit.
        exact = best == 0.0
        if exact.any():
            np.testing.assert_array_equal(index[exact], wanted[exact].argmin(axis=1))


@pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_every_kind_of_problem_against_scipy(name: str, center: bool) -> None:
    check(*problem(name), center=center)


@pytest.mark.parametrize("layer", ["fc1", "relu1", "fc2", "relu2", "logits"])
def test_trained_layers_against_scipy(layer: str, digits_layers: dict[str, Sides]) -> None:
    result = check(*digits_layers[layer])
    assert 0.0 < result.area < 1.0


@pytest.mark.parametrize("sizes", [(70, 31), (31, 70), (65, 64), (128, 129), (1, 1), (1, 2)])
def test_unequal_sides_against_scipy(sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(sizes)
    check(*planted(rng, *sizes, samples=40))
    # Few values: most residuals are the same as others.
    x, y = (rng.integers(-1, 2, (7, n)).astype(float) for n in sizes)
    check(x, y)


def test_more_pairs_than_are_sorted_at_once_against_scipy() -> None:
    rng = np.random.default_rng(5)
    x, y = planted(rng, 330, 300, samples=120)
    x[:, 10:20] = y[:, [3]]
    check(x, y)
    # One residual many times over: neurons that fire on one sample each.
    some = rng.integers(0, 150, (2, 300))
    x, y = (np.eye(150)[:, chosen] for chosen in some)
    result = check(x, y)
    common = sum(min((some[0] == k).sum(), (some[1] == k).sum()) for k in range(150))
    assert len(result.pairs(0.0)) == len(result.pairs(0.99)) == common
    assert set(result.x) == {0.0, 1.0}


@given(
    st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 5), st.integers(3, 9), st.booleans()
)
def test_few_neurons_against_all_matchings(
    seed: int, n_x: int, n_y: int, samples: int, few_values: bool
) -> None:
    rng = np.random.default_rng(seed)
    if few_values:
        x, y = (rng.integers(-1, 2, (samples, n)).astype(float) for n in (n_x, n_y))
    else:
        x, y = (rng.standard_normal((samples, n)) for n in (n_x, n_y))
        y[:, : min(n_x, n_y)] += x[:, : min(n_x, n_y)]
    oracle = Pairs(x, y)
    result = check(x, y)
    for eps in oracle.levels():
        assert len(result.pairs(eps)) == oracle.count_pairs_by_trying(eps)


@given(st.integers(0, 2**32), st.integers(2, 9), st.integers(2, 9))
def test_whom_a_path_covers_is_the_rule(seed: int, n_x: int, n_y: int) -> None:
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((40, 2))
    x, y = (shared @ rng.standard_normal((2, n)) for n in (n_x, n_y))
    x, y = x + 0.3 * rng.standard_normal(x.shape), y + 0.3 * rng.standard_normal(y.shape)
    result, wanted = sm.one_to_one(x, y), Pairs(x, y).slow_critical()
    np.testing.assert_allclose(result.x, wanted[0], rtol=0, atol=SAME)
    np.testing.assert_allclose(result.y, wanted[1], rtol=0, atol=SAME)


@given(st.integers(0, 2**32))
def test_no_scale_sign_order_or_rotation_counts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 20, 16, samples=60)
    x[:, 3], x[:, 4] = 2 * y[:, 1], 0.0
    result = sm.one_to_one(x, y)
    levels = np.array(Pairs(x, y).levels(20))
    order_x, order_y = rng.permutation(20), rng.permutation(16)
    scale = rng.choice([-1.0, 1.0], (2, 20)) * 10.0 ** rng.uniform(-6, 6, (2, 20))
    rotation = np.linalg.qr(rng.standard_normal((60, 60)))[0]
    for other_x, other_y in [
        (x * scale[0], y * scale[1, :16]),
        (rotation @ x, rotation @ y),
        (x[:, order_x], y[:, order_y]),
    ]:
        other = sm.one_to_one(other_x, other_y)
        np.testing.assert_array_equal(other.similarity(levels), result.similarity(levels))
        np.testing.assert_array_equal(other.near(levels), result.near(levels))
        assert other.area == pytest.approx(result.area, abs=1e-9)
    for mine, theirs, order, own in (
        (result.nearest_x, other.nearest_x, order_x, order_y),
        (result.nearest_y, other.nearest_y, order_y, order_x),
    ):
        np.testing.assert_allclose(theirs[1], mine[1][order], rtol=0, atol=SAME)
        named = np.where(theirs[0] >= 0, own[theirs[0]], -1)
        np.testing.assert_array_equal(named, mine[0][order])
    swapped = sm.one_to_one(y, x)
    np.testing.assert_array_equal(swapped.similarity(levels), result.similarity(levels))


def test_a_side_three_times_over_is_shared_by_half() -> None:
    y = np.random.default_rng(0).standard_normal((500, 12))
    x = np.hstack([y, -2 * y, 3 * y])
    result = sm.one_to_one(x, y)
    assert (result.similarity(0.0), result.near(0.0)) == (0.5, 1.0)
    assert sm.spectrum(x, y).similarity(0.0) == 1.0
    # Exact copies are alike, and the first of them are covered.
    np.testing.assert_array_equal(result.pairs(0.0), np.column_stack([np.arange(12)] * 2))
    np.testing.assert_array_equal(result.nearest_x[0], np.tile(np.arange(12), 3))
    np.testing.assert_array_equal(result.nearest_y[0], np.arange(12))
    assert np.all(np.isinf(result.x[12:]))


def test_a_path_pairs_anew_whom_it_meets() -> None:
    """The nearest pair is given up at a larger ε, where both may have another partner."""
    angles_x, angles_y = np.radians([0.0, 30.0]), np.radians([10.0, -25.0])
    x, y = (np.array([np.cos(a), np.sin(a)]) for a in (angles_x, angles_y))
    result = sm.one_to_one(x, y)
    assert result.pairs(np.sin(np.radians(15.0))).tolist() == [[0, 0]]
    assert result.pairs(np.sin(np.radians(26.0))).tolist() == [[0, 1], [1, 0]]
    sines = np.sin(np.radians([10.0, 25.0]))
    np.testing.assert_allclose(result.x, sines[[0, 1]])
    np.testing.assert_allclose(result.y, sines[[0, 1]])


def test_dead_neurons_and_empty_sides() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 50, 3))
    result = sm.one_to_one(x, np.zeros_like(y))
    assert result.similarity(0.9) == result.near(0.9) == result.area == 0.0
    assert np.all(np.isinf(result.x))
    assert result.nearest_x[0].tolist() == [-1] * 3
    assert np.all(np.isinf(result.nearest_x[1]))
    assert result.pairs(0.9).shape == (0, 2)
    x[:, 0] = 0.0
    result = sm.one_to_one(x, x)
    assert result.similarity(0.0) == result.near(0.0) == 4 / 6
    assert result.pairs(0.0).tolist() == [[1, 1], [2, 2]]
    nothing = sm.one_to_one(np.empty((5, 0)), np.empty((5, 0)))
    assert nothing.similarity(0.5) == nothing.area == 0.0
    constant = sm.one_to_one(np.ones((50, 1)), y, center=True)
    assert np.isinf(constant.x[0])


def test_similarity_takes_what_that_of_a_spectrum_does() -> None:
    x, y = planted(np.random.default_rng(1))
    result = sm.one_to_one(x, y)
    levels = np.linspace(0.0, 0.99, 12).reshape(3, 4)
    for curve in (result.similarity, result.near):
        values = curve(levels)
        assert values.shape == (3, 4)
        assert values.ravel().tolist() == [curve(float(eps)) for eps in levels.ravel()]
        assert np.all(np.diff(values.ravel()) >= 0)
        for wrong in (1.0, -0.1, np.nan, [0.5, 1.0]):
            with pytest.raises(ValueError, match="eps"):
                curve(wrong)
        with pytest.raises(TypeError, match="eps"):
            curve(["0.5"])
    for take in (result.pairs, result.match):
        with pytest.raises(ValueError, match="eps"):
            take(1.0)
    everything = np.concatenate([result.x, result.y])
    assert result.area == pytest.approx(np.maximum(0.0, 1.0 - everything).mean())


def test_what_is_loaded_has_its_pairs(tmp_path: Path) -> None:
    x, y = planted(np.random.default_rng(2), samples=50)
    x[:, 1] = 0.0
    result = sm.one_to_one(x, y)
    sm.save(result, tmp_path / "one")
    data = json.loads(json.dumps(result.to_dict()))
    for twin in (
        sm.load(tmp_path / "one"),
        pickle.loads(pickle.dumps(result)),
        sm.OneToOne(**data),
    ):
        assert isinstance(twin, sm.OneToOne)
        assert twin == result
        for eps in (0.0, 0.3, 0.6, 0.99):
            np.testing.assert_array_equal(twin.pairs(eps), result.pairs(eps))
    assert sm.one_to_one(x[:, ::-1], y) != result
    assert repr(result) == (f"OneToOne(24 + 20 neurons, 20 pairs at most, area={result.area:.4f})")


@pytest.mark.parametrize("sizes", [(301, 257), (64, 200)])
def test_the_same_bits_at_any_number_of_threads(sizes: tuple[int, int]) -> None:
    x, y = planted(np.random.default_rng(3), *sizes, samples=400)
    x[:, 7:20] = x[:, [30]]
    found = set()
    for threads in (1, 2, 4):
        sm.set_num_threads(threads)
        pair = sm.ActivationPair()
        pair.update(x, y)
        found.add(pickle.dumps(sm.one_to_one(pair).to_dict()))
    assert len(found) == 1


def test_an_assignment_is_the_best_of_all() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(4)
    x, y = planted(rng, 20, 20)
    x, y = x + 3.0, y * rng.choice([-1.0, 5.0], 20)
    x[:, 3], y[:, 8] = 0.0, 7.0
    found = sm.align_neurons(x, y)
    assert found.dtype == np.int64
    assert sorted(found) == list(range(20))
    with np.errstate(invalid="ignore"):
        wanted = np.abs(np.nan_to_num(np.corrcoef(x.T, y.T)[:20, 20:]))
    rows, columns = optimize.linear_sum_assignment(-wanted)
    total = wanted[np.arange(20), found].sum()
    assert total == pytest.approx(wanted[rows, columns].sum(), abs=1e-12)
    order = rng.permutation(20)
    np.testing.assert_array_equal(sm.align_neurons(x, 2 - x[:, order])[3:], np.argsort(order)[3:])
    with pytest.raises(ValueError, match=r"x has 20 neurons and y has 19"):
        sm.align_neurons(x, y[:, 1:])


def test_an_assignment_says_that_it_needs_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.optimize", None)
    x = np.eye(4)[:, :2]
    with pytest.raises(ImportError, match="pip install scipy"):
        sm.align_neurons(x, x)

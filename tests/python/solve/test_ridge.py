"""Answers at several λ against oracles that solve on [Y; √λ I]: sets, residuals, pairs, maps."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import spanmatch as sm
from oracle import EXACT_RATIO, Oracle, augmented_residuals, ridge_weights
from pairs_oracle import Pairs
from problems import duplicated, planted, problem, random

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

RIDGES = (1e-6, 1e-3, 0.3, 10.0)
NAMES = (
    *("planted", "dead", "duplicated", "dependent", "rank_4_of_32", "undersampled"),
    *("few_samples", "large_mean", "scaled", "relu", "all_dead", "empty_side"),
)
SAME = 1e-8

each_ridge = pytest.mark.parametrize("ridge", RIDGES)
each_problem = pytest.mark.parametrize("name", NAMES)
both_centrings = pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])


@cache
def oracle_of(name: str, center: bool, ridge: float) -> Oracle:
    return Oracle.of(*problem(name), center=center, ridge=ridge)


@cache
def pair_of(name: str) -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(*problem(name))
    return pair


def masks(oracle: Oracle, match: sm.Match) -> list[list[bool]]:
    sizes = oracle.x.shape[1], oracle.y.shape[1]
    columns = match.x.tolist(), match.y.tolist()
    return [[i in chosen for i in range(n)] for n, chosen in zip(sizes, columns, strict=True)]


@both_centrings
@each_ridge
@each_problem
def test_the_spectrum_is_the_oracles(name: str, ridge: float, center: bool) -> None:
    oracle = oracle_of(name, center, ridge)
    found = sm.spectrum(pair_of(name), center=center, ridge=ridge)
    assert oracle.is_clear(0.0)
    assert (found.ridge, found.resolution) == (ridge, oracle.delta)
    for got, want in zip((found.x, found.y), oracle.critical, strict=True):
        np.testing.assert_allclose(got, oracle.returned(want), rtol=0, atol=SAME)
    for eps in oracle.probes()[::7]:
        match = found.match(eps)
        assert match.ridge == ridge
        assert masks(oracle, match) == [mask.tolist() for mask in oracle.maximum_match(eps)]


@both_centrings
@each_ridge
@each_problem
def test_a_maximum_match_is_the_spectrums_at_every_critical_eps(
    name: str, ridge: float, center: bool
) -> None:
    pair, how = pair_of(name), {"center": center, "ridge": ridge}
    spectrum = sm.spectrum(pair, **how)  # type: ignore[arg-type]
    critical = np.unique(np.concatenate([spectrum.x, spectrum.y]))
    for eps in [0.0, *critical[critical < 1].tolist()]:
        found = sm.maximum_match(pair, eps=eps, **how)  # type: ignore[arg-type]
        assert found == spectrum.match(eps), eps
        assert found.ridge == ridge


@both_centrings
@each_ridge
@each_problem
def test_residuals_and_what_is_a_match_are_the_oracles(
    name: str, ridge: float, center: bool
) -> None:
    oracle, pair = oracle_of(name, center, ridge), pair_of(name)
    how: dict[str, Any] = {"center": center, "ridge": ridge}
    rng = np.random.default_rng(3)
    for part in (0.0, 0.2, 0.6, 1.0):
        in_x = np.asarray(rng.random(oracle.x.shape[1]) < part)
        in_y = np.asarray(rng.random(oracle.y.shape[1]) < part)
        how |= {"x_index": np.flatnonzero(in_x), "y_index": np.flatnonzero(in_y)}
        found, wanted = sm.residuals(pair, **how), oracle.residuals(in_x, in_y)
        assert found.ridge == ridge
        np.testing.assert_allclose(found.x, wanted[0], rtol=0, atol=SAME)
        np.testing.assert_allclose(found.y, wanted[1], rtol=0, atol=SAME)
        inner = np.concatenate([wanted[0][in_x], wanted[1][in_y], [0.0]])
        edge = float(np.nan_to_num(inner, nan=2.0).max())
        for eps in (0.0, edge - 1e-6, edge + 1e-6, 0.7):
            if 0 <= eps < 1:
                assert sm.is_match(pair, eps=eps, **how) is oracle.is_match(eps, in_x, in_y)


@both_centrings
@each_ridge
@each_problem
def test_pairs_are_those_of_the_oracle_and_below_the_spectrum(
    name: str, ridge: float, center: bool
) -> None:
    x, y = problem(name)
    oracle = Pairs(x, y, center=center, ridge=ridge)
    how: dict[str, Any] = {"center": center, "ridge": ridge}
    found, spectrum = sm.one_to_one(x, y, **how), sm.spectrum(x, y, **how)
    assert (found.ridge, found.resolution) == (ridge, oracle.delta)
    for eps in oracle.levels(20):
        assert len(found.pairs(eps)) == oracle.count_pairs(eps)
        assert found.near(eps) == oracle.near(eps)
        assert found.similarity(eps) <= found.near(eps) <= spectrum.similarity(eps)
        assert found.match(eps).ridge == ridge
    for (_, residual), wanted in (
        (found.nearest_x, oracle.residuals),
        (found.nearest_y, oracle.residuals.T),
    ):
        np.testing.assert_allclose(residual, wanted.min(axis=1, initial=np.inf), atol=SAME)


@both_centrings
@each_ridge
@pytest.mark.parametrize("name", ["planted", "duplicated", "undersampled", "large_mean"])
def test_a_linear_map_is_the_least_squares_of_the_oracle(
    name: str, ridge: float, center: bool
) -> None:
    x, y = problem(name)
    match = sm.Match(0.5, np.arange(1, 12, 2), np.arange(9), x.shape[1], y.shape[1], ridge=ridge)
    oracle = oracle_of(name, center, ridge)
    found = sm.linear_map(x, y, match=match, center=center)
    assert found == sm.linear_map(x, y, match=match, center=center, ridge=ridge)
    assert found.ridge == ridge
    sides = [
        (x[:, match.x], y[:, match.y], oracle.units[0][:, match.x], oracle.units[1][:, match.y]),
        (y[:, match.y], x[:, match.x], oracle.units[1][:, match.y], oracle.units[0][:, match.x]),
    ]
    got = [
        (found.x, found.x_offset, found.x_residuals),
        (found.y, found.y_offset, found.y_residuals),
    ]
    for (target, predictor, unit_target, unit_predictor), (coefficients, offset, residuals) in zip(
        sides, got, strict=True
    ):
        means = [center * side.mean(axis=0) for side in (target, predictor)]
        lengths = [
            np.linalg.norm(side - mean, axis=0)
            for side, mean in zip((target, predictor), means, strict=True)
        ]
        weights = ridge_weights(unit_predictor, unit_target, oracle.root)
        wanted = weights * lengths[0] / lengths[1][:, None]
        np.testing.assert_allclose(coefficients, wanted, rtol=1e-6, atol=1e-8 * abs(wanted).max())
        scale = abs(means[0]).max() + 1.0
        np.testing.assert_allclose(offset, means[0] - means[1] @ wanted, atol=1e-8 * scale)
        of = augmented_residuals(unit_predictor, unit_target, oracle.root)
        np.testing.assert_allclose(residuals, of, atol=SAME)


def test_another_ridge_than_that_of_the_match_may_be_given() -> None:
    x, y = problem("planted")
    match = sm.maximum_match(x, y, eps=0.7, ridge=0.3)
    assert sm.linear_map(x, y, match=match) == sm.linear_map(x, y, match=match, ridge=0.3)
    other = sm.linear_map(x, y, match=match, ridge=1e-3)
    assert other.ridge == 1e-3
    assert (other.x_residuals < sm.linear_map(x, y, match=match).x_residuals).all()


@each_ridge
def test_two_equal_neurons_have_the_residual_of_the_ridge(ridge: float) -> None:
    x = np.random.default_rng(0).standard_normal((50, 1))
    wanted = np.sqrt(ridge / (1 + ridge))
    for y in (x, -3e5 * x):
        assert sm.spectrum(x, y, ridge=ridge).x[0] == pytest.approx(wanted, abs=1e-12)
        assert sm.one_to_one(x, y, ridge=ridge).x[0] == pytest.approx(wanted, abs=1e-12)
    # Two equal ones share the weight, so that each has half of the penalty.
    found = sm.residuals(x, np.hstack([x, 2 * x]), ridge=ridge)
    assert found.x[0] == pytest.approx(np.sqrt(ridge / (2 + ridge)), abs=1e-12)
    assert found.y == pytest.approx([wanted] * 2, abs=1e-12)


def test_what_is_exact_is_of_the_resolution_and_not_of_the_ridge() -> None:
    x = np.linalg.qr(np.random.default_rng(0).standard_normal((60, 9)))[0]
    for ridge in RIDGES:
        assert np.sqrt(ridge / (1 + ridge)) > EXACT_RATIO * 1e-6
        assert sm.spectrum(x, x, ridge=ridge).similarity(0.0) == 0.0
        assert sm.one_to_one(x, x, ridge=ridge).similarity(0.0) == 0.0
        assert len(sm.maximum_match(x, x, eps=0.0, ridge=ridge)) == 0
    # Of 3e-5 a residual is as good as none.
    for found in (sm.spectrum(x, x, ridge=1e-9), sm.one_to_one(x, x, ridge=1e-9)):
        assert found.similarity(0.0) == 1.0
        assert not found.x.any()


def test_no_ridge_is_that_of_the_resolution_squared() -> None:
    x, y = duplicated(np.random.default_rng(1))
    plain, least = sm.spectrum(x, y), sm.spectrum(x, y, ridge=1e-12)
    np.testing.assert_array_equal(plain.x, least.x)
    np.testing.assert_array_equal(plain.y, least.y)
    assert plain != least


@each_ridge
def test_more_ridge_is_larger_residuals(ridge: float) -> None:
    for x, y in (problem("planted"), problem("undersampled"), problem("duplicated")):
        less, more = (sm.residuals(x, y, ridge=each) for each in (ridge, 2 * ridge))
        assert (more.x >= less.x).all()
        assert (more.y >= less.y).all()
        low, high = (sm.spectrum(x, y, ridge=each) for each in (ridge, 2 * ridge))
        assert (high.x >= low.x - 1e-12).all()


@pytest.mark.parametrize("sizes", [(1, 1), (1, 6), (6, 1), (2, 1)])
@each_ridge
def test_sides_of_one_neuron(sizes: tuple[int, int], ridge: float) -> None:
    rng = np.random.default_rng(sizes)
    for samples in (2, 40):
        x, y = planted(rng, 6, 6, samples)
        x, y = x[:, : sizes[0]], y[:, : sizes[1]]
        oracle, found = Oracle.of(x, y, ridge=ridge), sm.spectrum(x, y, ridge=ridge)
        for got, want in zip((found.x, found.y), oracle.critical, strict=True):
            np.testing.assert_allclose(got, want, atol=SAME)


def test_a_ridge_tells_apart_what_undersampled_sides_share() -> None:
    """With more neurons than samples on either side all match, unless λ is of their ratio."""
    x, y = random(np.random.default_rng(0), 50, 50, 30)
    y[:, :25] = x[:, :25]
    assert sm.spectrum(x, y).similarity(0.0) == 1.0
    found = sm.spectrum(x, y, ridge=1.0)
    shared, alone = np.append(found.x[:25], found.y[:25]), np.append(found.x[25:], found.y[25:])
    assert shared.max() < alone.min()


@pytest.mark.parametrize("ridge", [1e100, 1e300, 1.7e308])
def test_a_ridge_beyond_all_reason_leaves_all(ridge: float) -> None:
    x, y = problem("planted")
    found = sm.spectrum(x, y, ridge=ridge)
    np.testing.assert_array_equal(np.append(found.x, found.y), 1.0)
    assert sm.one_to_one(x, y, ridge=ridge).similarity(0.99) == 0.0
    assert 0.99 < found.chance_level <= 1.0


@pytest.mark.parametrize("scale", [1e-150, 1e-30, 1e150])
def test_no_scale_counts(scale: float) -> None:
    x, y = problem("planted")
    found, wanted = sm.spectrum(x * scale, y, ridge=0.3), sm.spectrum(x, y, ridge=0.3)
    np.testing.assert_allclose(found.x, wanted.x, atol=1e-12)
    np.testing.assert_allclose(found.y, wanted.y, atol=1e-12)


@pytest.mark.parametrize("ridge", [1e-3, 0.3, 10.0])
@pytest.mark.parametrize("sizes", [(300, 60, 40), (60, 80, 100)])
def test_chance_is_below_the_residuals_of_the_unrelated(
    sizes: tuple[int, int, int], ridge: float
) -> None:
    samples, n_x, n_y = sizes
    x, y = random(np.random.default_rng(4), n_x, n_y, samples)
    found, spectrum = sm.residuals(x, y, ridge=ridge), sm.spectrum(x, y, ridge=ridge)
    for got, chance, others in zip((found.x, found.y), spectrum.chance, (n_y, n_x), strict=True):
        k = min(others, samples)
        wanted = np.sqrt(1 - k / samples / (1 + ridge * k / others))
        # Of random vectors, the part along the constant counts too.
        assert chance.mean() == pytest.approx(wanted, abs=0.01)
        assert (chance <= wanted + 1e-12).all()
        assert wanted < np.sqrt(np.mean(got**2)) + 0.02


def test_chance_with_a_ridge_is_that_of_eigenvalues_all_alike() -> None:
    """Of orthogonal columns the trace of the projection is what is stated, for all vectors."""
    y = np.linalg.qr(np.random.default_rng(0).standard_normal((40, 10)))[0]
    found = sm.residuals(np.eye(40), y, ridge=0.3).x
    chance = sm.spectrum(np.eye(40), y, ridge=0.3, center=True).chance[0]
    assert np.mean(found**2) == pytest.approx(chance[0] ** 2, rel=1e-12)

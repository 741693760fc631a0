"""The fast path against the slow oracle, at every ε that is not within 1e-6 of a critical value."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from brute_force import BruteForce
from oracle import Oracle
from problems import PROBLEMS, problem, small

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oracle import Floats, Masks
    from problems import Sides

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

SEEDS = range(3)
LAYERS = ("fc1", "relu1", "fc2", "relu2", "logits")

# A critical ε is a minimum of maxima of residuals, so it is off by no more than they are. For a
# residual from a Gram matrix, rounding of some u = 1e-16 in each entry moves r² by u (1 + |w|²), w
# the coefficients, |w| <= r / δ. Columns 1e-5 apart bring |w| to some 1e4, hence 1e-8 / 2r.
TOLERANCE = 1e-6
# Where the spans are well conditioned |w| is a few hundred at most; the smallest residual that
# arises is some δ / 2, where 1e-15 in r² is 1e-9.
TIGHT, WELL_CONDITIONED = 1e-8, 1e-3

each_problem = pytest.mark.parametrize("name", PROBLEMS)
each_seed = pytest.mark.parametrize("seed", SEEDS)
each_layer = pytest.mark.parametrize("layer", LAYERS)
both_centrings = pytest.mark.parametrize("center", [False, True], ids=["plain", "centred"])


@cache
def oracle_of(name: str, seed: int, center: bool) -> Oracle:
    return Oracle.of(*problem(name, seed), center=center)


def tolerance(oracle: Oracle) -> float:
    return TIGHT if oracle.smallest_singular_value >= WELL_CONDITIONED else TOLERANCE


def as_masks(oracle: Oracle, match: sm.Match) -> Masks:
    in_x, in_y = np.zeros(oracle.x.shape[1], bool), np.zeros(oracle.y.shape[1], bool)
    in_x[match.x], in_y[match.y] = True, True
    return in_x, in_y


def assert_same_match(oracle: Oracle, match: sm.Match, expected: Masks) -> None:
    for got, want in zip(as_masks(oracle, match), expected, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"at eps = {match.eps!r}")


def check_spectrum(oracle: Oracle, spectrum: sm.MatchSpectrum) -> None:
    # No critical value near EXACT, where rounding may decide between it and 0.0.
    assert oracle.is_clear(0.0)
    assert spectrum.resolution == oracle.delta
    critical = oracle.critical
    for got, want in zip((spectrum.x, spectrum.y), critical, strict=True):
        np.testing.assert_allclose(got, oracle.returned(want), rtol=0, atol=tolerance(oracle))
        np.testing.assert_array_equal(got == 0.0, want <= oracle.exact)
    for eps in oracle.probes():
        expected = oracle.maximum_match(eps)
        assert_same_match(oracle, spectrum.match(eps), expected)
        count = sum(int(mask.sum()) for mask in expected)
        assert spectrum.similarity(eps) == count / max(1, sum(map(len, expected)))


def check_maximum_matches(oracle: Oracle, x: Floats, y: Floats, center: bool) -> None:
    pair = sm.ActivationPair()
    pair.update(x, y)
    spectrum = sm.spectrum(pair, center=center)
    c = np.unique(np.concatenate([spectrum.x, spectrum.y]))
    for eps in c[c < 1]:
        got, want = sm.maximum_match(pair, eps=eps, center=center), spectrum.match(eps)
        np.testing.assert_array_equal(got.x, want.x, err_msg=f"x at critical eps = {eps!r}")
        np.testing.assert_array_equal(got.y, want.y, err_msg=f"y at critical eps = {eps!r}")
        assert len(got) > 0
    for eps in oracle.probes()[::5]:
        match = sm.maximum_match(pair, eps=eps, center=center)
        assert_same_match(oracle, match, oracle.maximum_match(eps))


@both_centrings
@each_seed
@each_problem
def test_spectrum_equals_the_oracle(name: str, seed: int, center: bool) -> None:
    spectrum = sm.spectrum(*problem(name, seed), center=center)
    check_spectrum(oracle_of(name, seed, center), spectrum)


@both_centrings
@each_problem
def test_maximum_match_equals_spectrum_and_oracle(name: str, center: bool) -> None:
    check_maximum_matches(oracle_of(name, 0, center), *problem(name, 0), center)


@both_centrings
@each_layer
def test_trained_networks_equal_the_oracle(
    layer: str, center: bool, digits_layers: dict[str, Sides]
) -> None:
    x, y = digits_layers[layer]
    oracle = Oracle.of(x, y, center=center)
    check_spectrum(oracle, sm.spectrum(x, y, center=center))
    check_maximum_matches(oracle, x, y, center)


def subsets(oracle: Oracle, seed: int, count: int = 6) -> Iterator[Masks]:
    rng = np.random.default_rng(seed)
    n_x, n_y = oracle.x.shape[1], oracle.y.shape[1]
    for part in rng.uniform(0.1, 1.0, count):
        yield rng.random(n_x) < part, rng.random(n_y) < part
    yield np.zeros(n_x, bool), np.ones(n_y, bool)


@both_centrings
@each_problem
def test_residuals_equal_the_oracle(name: str, center: bool) -> None:
    x, y = problem(name)
    oracle = oracle_of(name, 0, center)
    cases = [(None, None), *subsets(oracle, 1)]
    for in_x, in_y in cases:
        got = sm.residuals(
            x,
            y,
            x_index=None if in_x is None else np.flatnonzero(in_x),
            y_index=None if in_y is None else np.flatnonzero(in_y),
            center=center,
        )
        for mine, theirs in zip((got.x, got.y), oracle.residuals(in_x, in_y), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=0, atol=tolerance(oracle))


@both_centrings
@each_problem
def test_is_match_turns_at_the_largest_residual(name: str, center: bool) -> None:
    pair = sm.ActivationPair()
    pair.update(*problem(name))
    oracle = oracle_of(name, 0, center)
    answers = set()
    for in_x, in_y in subsets(oracle, 2):
        rx, ry = oracle.residuals(in_x, in_y)
        inner = np.concatenate([rx[in_x], ry[in_y]])
        # A dead neuron, whose residual is nan, is in no match.
        edge = float(np.nan_to_num(inner, nan=2.0).max(initial=0.0))
        for eps in (edge - 2e-6, edge + 2e-6, 0.0, 0.5):
            if 0 <= eps < 1 and abs(max(eps, oracle.exact) - edge) > 1e-6:
                chosen: dict[str, Any] = {
                    "x_index": np.flatnonzero(in_x),
                    "y_index": np.flatnonzero(in_y),
                }
                answer = sm.is_match(pair, eps=eps, center=center, **chosen)
                assert answer is oracle.is_match(eps, in_x, in_y)
                answers.add(answer)
    # With a dead side no set that holds a neuron is a match.
    assert answers == ({False} if name == "all_dead" else {False, True})


@both_centrings
@pytest.mark.parametrize("seed", range(20))
def test_maximum_match_equals_brute_force(seed: int, center: bool) -> None:
    x, y = small(seed, most=5)
    brute = BruteForce(x, y, center=center)
    spectrum = sm.spectrum(x, y, center=center)
    critical = brute.oracle.returned(np.array(brute.critical()))
    np.testing.assert_allclose(np.concatenate([spectrum.x, spectrum.y]), critical, atol=TIGHT)
    for eps in brute.levels():
        match = sm.maximum_match(x, y, eps=eps, center=center)
        assert brute.as_set(match.x, match.y) == brute.maximum_match(eps)


@both_centrings
@each_seed
@each_problem
def test_plain_svd_agrees_where_it_is_well_conditioned(name: str, seed: int, center: bool) -> None:
    oracle = oracle_of(name, seed, center)
    smallest = oracle.smallest_singular_value
    if smallest < WELL_CONDITIONED:
        # Enough cases remain: that is what the last test of this file counts.
        return
    x, y = problem(name, seed)
    plain, spectrum = Oracle.of(x, y, center=center, plain=True), sm.spectrum(x, y, center=center)
    got = np.concatenate([spectrum.x, spectrum.y])
    bare = np.concatenate(plain.critical)
    # The regularised residual is at most what it is at the plain coefficients, |w| <= 1 / smallest.
    upper = np.hypot(bare, oracle.delta / smallest)
    above = upper > oracle.exact
    assert (got[above] <= upper[above] + TIGHT).all()
    assert (got[~above] == 0).all()
    assert ((got == 0) | (got >= bare - TIGHT)).all()


def test_many_problems_are_well_conditioned() -> None:
    values = {name: oracle_of(name, 0, True).smallest_singular_value for name in PROBLEMS}
    assert sum(value >= WELL_CONDITIONED for value in values.values()) >= 7


@both_centrings
@pytest.mark.parametrize("name", ["random", "dead", "large_mean", "relu", "undersampled"])
def test_chance_is_the_expected_residual_of_the_unrelated(name: str, center: bool) -> None:
    x, y = problem(name)
    chance = sm.spectrum(x, y, center=center).chance
    for got, z, other in zip(chance, (x, y), (y, x), strict=True):
        live = (z != 0).any(axis=0)
        # 1 - cos²(z, 1) without its cancellation where the mean is large.
        off = np.ones(live.sum()) if center else z[:, live].var(0) / (z[:, live] ** 2).mean(0)
        room = max(0.0, 1 - other.any(axis=0).sum() / len(z))
        np.testing.assert_allclose(got[live], np.sqrt(off * room), atol=1e-9)
        assert np.isnan(got[~live]).all()


def test_unrelated_neurons_have_about_the_chance_residual() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.random((2000, 40)) + 0.2, rng.random((2000, 60)) + 0.2
    for center in (False, True):
        spectrum, r = sm.spectrum(x, y, center=center), sm.residuals(x, y, center=center)
        for got, chance in zip((r.x, r.y), spectrum.chance, strict=True):
            np.testing.assert_allclose(got.mean(), chance.mean(), rtol=0.02)

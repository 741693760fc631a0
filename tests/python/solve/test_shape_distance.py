"""The shape metrics against rotations that are fitted, as netrep fits them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes

import spanmatch as sm
from measures_oracle import MeasuresOracle
from oracle import centred
from problems import conditioned, planted, problem
from spanmatch.solve.shape_distance import shape_distance

if TYPE_CHECKING:
    from problems import Floats, Rng

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

ALPHAS = (0.0, 0.1, 0.5, 0.9, 1.0)
seeds = st.integers(0, 2**16)
alphas = st.sampled_from(ALPHAS)


def whitened(side: Floats, alpha: float) -> Floats:
    """Williams et al. 2021, by the singular values of the samples; directions of rounding left."""
    u, s, v = np.linalg.svd(centred(side), full_matrices=False)
    lengths = alpha * s + (1 - alpha) * (s > 1e-6 * s[0])
    made: Floats = (u * lengths) @ v * (np.linalg.norm(s) / np.linalg.norm(lengths))
    return made


def fitted(x: Floats, y: Floats, alpha: float) -> tuple[float, float]:
    """The angular and the euclidean distance once y is turned onto x."""
    x, y = (whitened(side, alpha) for side in (x, y))
    width = max(x.shape[1], y.shape[1])
    x, y = (np.pad(side, ((0, 0), (0, width - side.shape[1]))) for side in (x, y))
    y = y @ orthogonal_procrustes(y, x)[0]
    cos = (x * y).sum() / (np.linalg.norm(x) * np.linalg.norm(y))
    return float(np.arccos(np.clip(cos, -1, 1))), float(np.linalg.norm(x - y))


def distances(x: Floats, y: Floats, alpha: float) -> tuple[float, float]:
    return (
        shape_distance(x, y, alpha=alpha),
        shape_distance(x, y, alpha=alpha, score="euclidean"),
    )


def orthogonal(rng: Rng, n: int) -> Floats:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize(
    "name", ["planted", "relu", "dead", "duplicated", "dependent", "undersampled", "large_mean"]
)
def test_as_fitted(name: str, alpha: float) -> None:
    for x, y in (problem(name), problem(name)[::-1]):
        assert distances(x, y, alpha) == pytest.approx(fitted(x, y, alpha), rel=1e-9, abs=1e-7)


@given(seeds, alphas)
def test_rotations_and_permutations(seed: int, alpha: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 6, 9, 60)
    want = distances(x, y, alpha)
    for turned in (x @ orthogonal(rng, 6), x[:, rng.permutation(6)], x + rng.standard_normal(6)):
        assert distances(turned, y, alpha) == pytest.approx(want, rel=1e-9)
        assert distances(y, turned, alpha) == pytest.approx(want, rel=1e-9)
    angular, euclidean = distances(x, x @ orthogonal(rng, 6), alpha)
    assert max(angular, euclidean / float(np.linalg.norm(x))) < 1e-6


@given(seeds, st.floats(-3, 3))
def test_scales(seed: int, exponent: float) -> None:
    x, y = planted(np.random.default_rng(seed), 6, 9, 60)
    scaled = 10**exponent * x
    for alpha in (0.0, 1.0):
        want = shape_distance(x, y, alpha=alpha)
        assert shape_distance(scaled, y, alpha=alpha) == pytest.approx(want, rel=1e-9)
    # Of both sides alike, the euclidean one alone changes; between 0 and 1 units count.
    both = shape_distance(scaled, 10**exponent * y, score="euclidean")
    assert both == pytest.approx(10**exponent * distances(x, y, 1.0)[1], rel=1e-9)
    if abs(exponent) > 0.5:
        assert shape_distance(scaled, y, alpha=0.5) != pytest.approx(
            shape_distance(x, y, alpha=0.5), rel=1e-6
        )


@given(seeds, st.floats(1, 20))
def test_whitened_sides_know_no_linear_map(seed: int, cond: float) -> None:
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 6, 9, 60)
    mixed = x @ conditioned(rng, 6, cond) * 10.0 ** rng.uniform(-9, 9, 6)
    want = shape_distance(x, y, alpha=0.0)
    assert shape_distance(mixed, y, alpha=0.0) == pytest.approx(want, rel=1e-9)
    if cond > 2:
        assert shape_distance(mixed, y) != pytest.approx(shape_distance(x, y), rel=1e-6)


@given(seeds, alphas, st.floats(0, 1))
def test_it_is_a_metric(seed: int, alpha: float, part: float) -> None:
    rng = np.random.default_rng(seed)
    x, z = planted(rng, 6, 6, 60)
    y = (1 - part) * x + part * z
    for score in ("angular", "euclidean"):
        how: Any = {"alpha": alpha, "score": score}
        xy, yz, xz = (shape_distance(*pair, **how) for pair in ((x, y), (y, z), (x, z)))
        assert xz <= xy + yz + 1e-6
        assert abs(xy - yz) <= xz + 1e-6


@pytest.mark.parametrize("exponents", [(150, -150), (-150, -150), (150, 150)])
def test_scales_at_the_ends_of_float64(exponents: tuple[int, int]) -> None:
    x, y = problem("planted")
    one, other = (10.0**exponent for exponent in exponents)
    for alpha in (0.0, 1.0):
        want = shape_distance(x, y, alpha=alpha)
        assert shape_distance(one * x, other * y, alpha=alpha) == pytest.approx(want, rel=1e-9)
    # Beside singular values like these 1 is nothing, or all.
    for scale, alpha in ((1e150, 1.0), (1e-150, 0.0)):
        want = shape_distance(x, y, alpha=alpha)
        assert shape_distance(scale * x, scale * y, alpha=0.5) == pytest.approx(want, rel=1e-9)


def test_a_side_whose_squares_fit_one_by_one_and_not_in_sum() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.choice([-1.0, 1.0], (2100, 400)), rng.standard_normal((2100, 5))
    # 2e306 a neuron, 8e308 in all: beside them 1 is nothing.
    want, large_x, large_y = shape_distance(x, y), 3e151 * x, 3e150 * y
    for sides in ((large_x, large_y), (large_y, large_x)):
        assert shape_distance(*sides, alpha=0.5) == pytest.approx(want, rel=1e-9)


def test_beside_the_measures() -> None:
    x, y = problem("relu")
    got, oracle = sm.measures(x, y), MeasuresOracle(x, y)
    assert math.cos(shape_distance(x, y)) == pytest.approx(got.procrustes_similarity, abs=1e-12)
    ranks = [basis.shape[1] for basis in oracle.bases]
    mean = oracle.correlations.sum() / math.sqrt(math.prod(ranks))
    assert math.cos(shape_distance(x, y, alpha=0.0)) == pytest.approx(mean, abs=1e-12)


def test_what_it_takes() -> None:
    x, y = problem("planted")
    for alpha in (-0.1, 1.1, math.nan, math.inf):
        with pytest.raises(ValueError, match="`alpha` must be from 0 to 1"):
            shape_distance(x, y, alpha=alpha)
    with pytest.raises(TypeError, match="`alpha` must be a real number"):
        shape_distance(x, y, alpha="1")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`score` must be one of angular, euclidean, got 'cosine'"):
        shape_distance(x, y, score="cosine")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="`score` must be a text"):
        shape_distance(x, y, score=1)  # type: ignore[arg-type]

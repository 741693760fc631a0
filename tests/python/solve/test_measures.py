"""The measures against the oracle, by hand, and against other software."""

from __future__ import annotations

import numpy as np
import pytest

from measures_oracle import MeasuresOracle, assert_like
from problems import Floats, Sides, conditioned, planted, problem
from spanmatch.results.measures import Measures
from spanmatch.solve.measures import measures


def orthonormal(samples: int, n: int, seed: int = 0) -> Floats:
    """Centred columns of norm 1, at right angles."""
    z = np.random.default_rng(seed).standard_normal((samples, n))
    return np.linalg.qr(z - z.mean(axis=0))[0]


def with_correlations(rho: list[float], scale_x: list[float], scale_y: list[float]) -> Sides:
    """Neurons of norms `scale`, at right angles, of which pairs have these correlations."""
    z, n, cos = orthonormal(200, 2 * len(rho)), len(rho), np.array(rho)
    x, other = z[:, :n], z[:, n:]
    y = x * cos + other * np.sqrt(1 - cos**2)
    return x * scale_x, y * scale_y


@pytest.mark.parametrize("cond", [1.0, 30.0, 1e3])
@pytest.mark.parametrize(
    ("samples", "n_x", "n_y"), [(300, 24, 20), (300, 20, 24), (400, 3, 40), (500, 10, 10)]
)
def test_agrees_with_the_oracle(samples: int, n_x: int, n_y: int, cond: float) -> None:
    rng = np.random.default_rng([samples, n_x, n_y, int(cond)])
    x, y = planted(rng, n_x, n_y, samples, size=1)
    x = x / x.std(axis=0) @ conditioned(rng, n_x, cond) + 1e3
    y = y / y.std(axis=0) @ conditioned(rng, n_y, cond) - 1e3
    oracle = MeasuresOracle(x, y)
    assert all(len(basis.T) == n for basis, n in zip(oracle.bases, (n_x, n_y), strict=True))
    assert oracle.gap > 1e-5  # or pwcca would be no question with an answer
    assert_like(measures(x, y), oracle, atol=1e-8)


def test_known_correlations_and_scales() -> None:
    rho, a, b = [0.9, 0.2, 0.5], [1.0, 2.0, 4.0], [3.0, 1.0, 0.5]
    got = measures(*with_correlations(rho, a, b))
    r, a_, b_ = map(np.array, (rho, a, b))
    norms_x, norms_y = np.sqrt((a_**2).sum()), np.sqrt((b_**2).sum())
    likeness = (a_ * b_ * r).sum() / (norms_x * norms_y)
    wanted = Measures(
        linear_cka=((a_ * b_ * r) ** 2).sum() / np.sqrt((a_**4).sum() * (b_**4).sum()),
        mean_cca=r.mean(),
        svcca=r.mean(),  # 4 and 3 hold less than 0.99 without the rest
        pwcca=(a_ * r).sum() / a_.sum(),
        procrustes_similarity=likeness,
        procrustes_distance=np.sqrt(2 - 2 * likeness),
        r2_x=((a_ * r) ** 2).sum() / norms_x**2,
        r2_y=((b_ * r) ** 2).sum() / norms_y**2,
    )
    assert_like(got, wanted, atol=1e-13)


@pytest.mark.parametrize(("variance", "kept"), [(99.5, 1), (98.5, 2), (99.0 + 1e-5, 1)])
def test_svcca_cuts_where_variance_reaches_a_hundredth(variance: float, kept: int) -> None:
    z = orthonormal(100, 2)
    x, y = z * np.sqrt([variance, 100 - variance]), z[:, 1:]
    # y is the second direction of x: all of it where that is kept, else nothing.
    for sides in ((x, y), (y, x)):
        assert measures(*sides).svcca == pytest.approx(kept - 1, abs=1e-12)
        assert measures(*sides).mean_cca == pytest.approx(1, abs=1e-12)


def test_svcca_of_exactly_a_hundredth_is_not_left_to_rounding() -> None:
    z, rng = orthonormal(100, 2), np.random.default_rng(0)
    for _ in range(20):
        turn = np.linalg.qr(rng.standard_normal((2, 2)))[0]
        x = z * np.sqrt([99.0, 1.0]) @ turn
        assert measures(x, z[:, 1:]).svcca == pytest.approx(0, abs=1e-12)


def test_svcca_keeps_directions_that_tie() -> None:
    # 0.99 of the variance is 198 of 200 directions; which two to leave out nobody could say.
    x = orthonormal(1000, 200)
    assert measures(x, x[:, 5:6]).svcca == pytest.approx(1, abs=1e-12)


def test_one_column_is_multiple_correlation() -> None:
    z = orthonormal(200, 4)
    x, y = z[:, :2] @ [[3.0, 1.0], [0.0, 2.0]], z @ [[2.0], [1.0], [2.0], [4.0]]
    got, swapped = measures(x, y), measures(y, x)
    # 5 of the 25 squares are in the plane of x.
    for value in (got.mean_cca, got.pwcca, got.svcca, swapped.pwcca):
        assert value == pytest.approx(np.sqrt(5 / 25), abs=1e-13)
    for value in (got.r2_y, swapped.r2_x):
        assert value == pytest.approx(5 / 25, abs=1e-13)
    # y is [2 1 2 4] / 5 of norm 1; the x are [3, 1] and [0, 2].
    assert got.r2_x == pytest.approx((6**2 + 4**2) / 25 / 14, abs=1e-13)


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.2, np.pi / 2])
def test_planes_at_an_angle(angle: float) -> None:
    z, turn = orthonormal(50, 4), np.array([[0.6, -0.8], [0.8, 0.6]])
    y = (np.cos(angle) * z[:, :2] + np.sin(angle) * z[:, 2:]) @ turn
    got, cos = measures(z[:, :2], 5 * y), np.cos(angle)
    distance = 2 * np.sin(angle / 2)
    wanted = Measures(cos**2, cos, cos, cos, cos, distance, cos**2, cos**2)
    # The square of the distance is good to 1e-15: the distance is not, near 0.
    assert_like(got, wanted, atol=1e-13, without=("procrustes_distance",))
    assert got.procrustes_distance == pytest.approx(distance, abs=1e-7)


def test_coinciding_correlations_weigh_by_the_mean_over_all_choices() -> None:
    z = orthonormal(300, 8)
    shared, noise = z[:, :4], z[:, 4:]
    rng = np.random.default_rng(5)
    x = shared @ rng.standard_normal((4, 4)) @ np.diag([1.0, 2.0, 0.5, 3.0])
    # Two dimensions in full, two in part.
    y = np.hstack([shared[:, :2], 0.6 * shared[:, 2:3] + 0.8 * noise[:, :1], noise[:, 1:2]])
    got = measures(x, y).pwcca
    loadings = shared.T @ x
    values = []
    for angle in np.arange(2000) * np.pi / 2000:
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        values.append(np.abs(turn @ loadings[:2]).sum())
    rest = np.abs(loadings[2:]).sum(axis=1)
    ones = np.mean(values)
    assert got == pytest.approx((ones + 0.6 * rest[0]) / (ones + rest.sum()), abs=1e-6)
    # It would show if one choice had been made: they differ.
    assert max(values) - min(values) > 0.05 * ones
    for seed in range(3):
        mixed = y @ np.random.default_rng(seed).standard_normal((4, 4))
        assert measures(x, mixed).pwcca == pytest.approx(got, abs=1e-10)


def test_three_dimensions_that_coincide() -> None:
    # On the sphere a coordinate is 1/2 in the mean: a neuron in the three weighs 3/2, not 1.
    z = orthonormal(300, 5)
    y = np.hstack([z[:, :3], 0.5 * z[:, 3:4] + np.sqrt(0.75) * z[:, 4:]])
    assert measures(z[:, :4], y).pwcca == pytest.approx((4.5 + 0.5) / (4.5 + 1), abs=1e-12)


def test_linear_regression_of_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    metrics = pytest.importorskip("sklearn.metrics")
    x, y = problem("relu")
    got = measures(x, y)
    for value, target, on in ((got.r2_x, x, y), (got.r2_y, y, x)):
        fitted = linear_model.LinearRegression().fit(on, target).predict(on)
        score = metrics.r2_score(target, fitted, multioutput="variance_weighted")
        assert value == pytest.approx(score, abs=1e-12)


def test_linear_cka_is_the_rv_coefficient() -> None:
    for name in ("planted", "relu", "dead"):
        x, y = problem(name)
        # Robert and Escoufier 1976: tr(S_xy S_yx) / √(tr(S_xx²) tr(S_yy²)), S the covariances.
        s, n = np.cov(x, y, rowvar=False), x.shape[1]
        xx, xy, yy = s[:n, :n], s[:n, n:], s[n:, n:]
        rv = np.trace(xy @ xy.T) / np.sqrt(np.trace(xx @ xx) * np.trace(yy @ yy))
        assert measures(x, y).linear_cka == pytest.approx(rv, abs=1e-12)


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_whitened_cosine_and_bures_similarity_of_rsatoolbox() -> None:
    data = pytest.importorskip("rsatoolbox.data")
    rdm = pytest.importorskip("rsatoolbox.rdm")
    sides = [side[:60] for side in problem("relu")]
    got = measures(*sides)
    x, y = (rdm.calc_rdm(data.Dataset(side), method="euclidean") for side in sides)
    whitened = rdm.compare(x, y, method="cosine_cov").item()
    assert got.linear_cka == pytest.approx(whitened, abs=1e-12)
    # Roots of eigenvalues that are zero but for rounding: good to 1e-8.
    bures = rdm.compare(x, y, method="bures").item()
    assert got.procrustes_similarity == pytest.approx(bures, abs=1e-7)

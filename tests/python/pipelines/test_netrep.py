"""What netrep's tests ask of its metrics, asked of ours; and which axioms of a metric hold."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from problems import planted
from refusal import refused
from spanmatch.pipelines import SubspaceMetric, pairwise_distances

NETREP = "netrep is not on PyPI: pip install git+https://github.com/ahwillia/netrep"
TOLERANCE = 1e-6  # of netrep's tests
SEEDS = st.integers(0, 2**32 - 1)
FEW = "ignore::spanmatch.UndersampledWarning"


def rotation(rng: np.random.Generator, size: int) -> Any:
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


# As netrep's tests have them, 100 samples of 10 neurons: Y is made of X so that the distance is 0.
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("eps", [0.0, 0.3])
@pytest.mark.parametrize("center_columns", [True, False])
@pytest.mark.parametrize("kind", ["rotated", "permuted", "mapped", "scaled"])
def test_what_is_made_by_a_linear_map_is_at_distance_0(
    seed: int, eps: float, center_columns: bool, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((100, 10))
    maps = {
        "rotated": rotation(rng, 10),
        "permuted": np.eye(10)[rng.permutation(10)],
        "mapped": rng.standard_normal((10, 10)),
        "scaled": rng.exponential() * rotation(rng, 10),
    }
    offset = rng.standard_normal((1, 10)) if center_columns else 0.0
    metric = SubspaceMetric(eps, center_columns=center_columns)
    y = x @ maps[kind] + offset
    assert abs(metric.fit(x, y).score(x, y)) < TOLERANCE
    # Beside one that is not: a part of the neurons is made of X.
    assert metric.fit_score(x, np.hstack([y[:, :5], rng.standard_normal((100, 5))])) > 0.2


@given(SEEDS, st.floats(0, 0.99))
def test_symmetry_and_zero(seed: int, eps: float) -> None:
    x, y = planted(np.random.default_rng(seed), 8, 6, 100)
    metric = SubspaceMetric(eps)
    assert metric.fit_score(x, y) == pytest.approx(metric.fit_score(y, x), abs=1e-12)
    assert metric.fit_score(x, x) == 0.0
    assert 0.0 <= metric.fit_score(x, y) <= 1.0


@given(SEEDS)
def test_symmetry_on_rows_held_out(seed: int) -> None:
    x, y = planted(np.random.default_rng(seed), 8, 6, 200)
    (fit_x, x), (fit_y, y) = (np.split(side, 2) for side in (x, y))
    one = SubspaceMetric(0.6).fit(fit_x, fit_y).score(x, y)
    assert one == SubspaceMetric(0.6).fit(fit_y, fit_x).score(y, x)


@given(SEEDS, st.booleans())
def test_order_unit_and_sign_of_neurons_do_not_count(seed: int, center_columns: bool) -> None:
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 8, 6, 200)
    units = 10.0 ** rng.uniform(-3, 3, 8) * rng.choice([-1.0, 1.0], 8)
    offset = rng.standard_normal(8) if center_columns else 0.0
    other = (x * units + offset)[:, rng.permutation(8)]
    fit, rest = slice(100), slice(100, None)
    metrics = [SubspaceMetric(0.55, center_columns=center_columns) for _ in "xy"]
    metrics[0].fit(x[fit], y[fit])
    metrics[1].fit(other[fit], y[fit])
    assert metrics[0].score(x[rest], y[rest]) == metrics[1].score(other[rest], y[rest])
    assert metrics[0].score(x[fit], y[fit]) == metrics[1].score(other[fit], y[fit])


def two_bases() -> tuple[Any, Any, Any]:
    """Return a plane in two bases, and one axis of it."""
    a, b = rotation(np.random.default_rng(0), 50)[:, :2].T
    return np.column_stack([a, b]), np.column_stack([a + b, a - b]), a[:, None]


@pytest.mark.parametrize("measure", ["similarity", "area"])
def test_no_function_of_the_similarity_is_a_metric(measure: str) -> None:
    """The triangle inequality would say f(0) <= f(1) + f(2/3), with f(1) = 0: f would not fall."""

    def likeness(x: Any, y: Any) -> float:
        spectrum = sm.spectrum(x, y)
        return spectrum.similarity(0.0) if measure == "similarity" else spectrum.area

    x, y, z = two_bases()
    assert likeness(x, y) == 1
    assert likeness(x, z) == pytest.approx(2 / 3, abs=1e-4)
    assert likeness(y, z) < likeness(x, z) - 0.2
    if measure == "similarity":
        assert likeness(y, z) == 0


def test_the_triangle_inequality_fails() -> None:
    x, y, z = two_bases()
    metric = SubspaceMetric(0.0, center_columns=False)
    around = metric.fit_score(x, y) + metric.fit_score(x, z)
    assert around == pytest.approx(1 / 3)
    assert metric.fit_score(y, z) == 1.0


def test_its_laplacian_kernel_can_have_negative_eigenvalues() -> None:
    distances = pairwise_distances(SubspaceMetric(0.0, center_columns=False), two_bases())
    assert np.linalg.eigvalsh(np.exp(-distances)).min() < -0.01


def test_dead_neurons_and_a_ridge_leave_no_zero() -> None:
    """As the class says."""
    x = np.random.default_rng(0).standard_normal((100, 4))
    padded = np.hstack([x, np.zeros((100, 1))])
    assert SubspaceMetric(0.2).fit_score(padded, padded) == pytest.approx(1 / 5)
    ridge = 0.1
    least = np.sqrt(ridge / (1 + ridge))
    assert SubspaceMetric(least + 0.01, ridge=ridge).fit_score(x, x) == 0.0
    # Each neuron alone leaves that: sides of one neuron each.
    assert SubspaceMetric(least - 0.01, ridge=ridge).fit_score(x[:, :1], x[:, :1]) == 1.0


def test_the_aligned_space_is_the_y_of_the_match() -> None:
    x, y = planted(np.random.default_rng(0), 8, 6, 300)
    metric = SubspaceMetric(0.6).fit(x, y)
    spectrum = sm.spectrum(x, y, center=True)
    match = spectrum.match(0.6)
    assert 0 < match.y.size < 6
    said, there = metric.transform(x, y)
    np.testing.assert_array_equal(there, y[:, match.y])
    deviation = there - there.mean(axis=0)
    residuals = np.linalg.norm(there - said, axis=0) / np.linalg.norm(deviation, axis=0)
    assert (residuals <= 0.6).all()
    assert metric.score(x, y) == 1 - spectrum.similarity(0.6)
    np.testing.assert_allclose(
        residuals, sm.linear_map(x, y, match=match, center=True).y_residuals, rtol=1e-6
    )


def test_all_pairs_of_a_list() -> None:
    rng = np.random.default_rng(0)
    networks = [side for _ in range(2) for side in planted(rng, 8, 6, 200)]
    train, test = ([side[rows] for side in networks] for rows in (slice(100), slice(100, None)))
    metric = SubspaceMetric(0.7)
    on_train, on_test = pairwise_distances(metric, train, test)
    np.testing.assert_array_equal(pairwise_distances(metric, train), on_train)
    for distances in (on_train, on_test):
        np.testing.assert_array_equal(distances, distances.T)
        np.testing.assert_array_equal(distances.diagonal(), 0.0)
    assert on_train[0, 1] == metric.fit_score(train[0], train[1])
    assert on_test[0, 1] == metric.fit(train[0], train[1]).score(test[0], test[1])
    assert on_train[0, 1] < on_train[0, 2]
    with pytest.raises(ValueError, match="testdata has 1 arrays, and traindata 4"):
        pairwise_distances(metric, train, test[:1])


@pytest.mark.parametrize("verbose", [False, True])
def test_a_bar_is_drawn_where_it_is_asked_for(
    verbose: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    x = np.random.default_rng(0).standard_normal((40, 2))
    pairwise_distances(SubspaceMetric(), [x, x], verbose=verbose)
    assert capfd.readouterr().out == ""


def test_tensors_and_half_precision_are_read() -> None:
    torch = pytest.importorskip("torch")
    x, y = (torch.from_numpy(side).bfloat16() for side in planted(np.random.default_rng(1), 6, 5))
    metric = SubspaceMetric(0.6)
    wide = metric.fit_score(x.double(), y.double())
    assert metric.fit_score(x, y) == wide
    assert 0 < wide < 1


def test_what_does_not_fit_is_refused() -> None:
    x, y = planted(np.random.default_rng(0), 8, 6, 100)
    refused(partial(SubspaceMetric().score, x, y), "fit")
    metric = SubspaceMetric().fit(x, y)
    refused(partial(metric.score, x[:, :5], y), "X", "5", "8")
    refused(partial(metric.score, x, y[:, :5]), "Y", "5", "6")
    refused(partial(metric.transform_Y, y[:, :5]), "Y", "5", "6")
    refused(partial(metric.score, x[:50], y), "50", "100")
    refused(partial(metric.score, x, np.where(y > 2, np.nan, y)), "Y", "finite")
    refused(partial(metric.score, x > 0, y), "X", "bool")
    refused(partial(SubspaceMetric().fit, x[:50], y), "50", "100")
    refused(partial(SubspaceMetric(1.0).fit, x, y), "eps")
    refused(partial(SubspaceMetric(center_columns=1).fit, x, y), "center")  # type: ignore[arg-type]


def test_netrep_s_own_function_takes_it() -> None:
    multiset = pytest.importorskip("netrep.multiset", reason=NETREP)
    networks = list(planted(np.random.default_rng(0), 8, 6, 200))
    theirs = multiset.pairwise_distances(SubspaceMetric(0.6), networks, verbose=False)
    np.testing.assert_array_equal(theirs, pairwise_distances(SubspaceMetric(0.6), networks))


def test_ours_takes_netrep_s_metrics() -> None:
    metrics = pytest.importorskip("netrep.metrics", reason=NETREP)
    networks = list(planted(np.random.default_rng(0), 6, 6, 200))
    found = pairwise_distances(metrics.LinearMetric(alpha=0.5), networks)
    assert found[0, 1] == pytest.approx(sm.shape_distance(*networks, alpha=0.5), rel=1e-6)

"""The estimator: scikit-learn's own checks, what `score` means, and what a search finds."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm

pytest.importorskip("sklearn", reason="the extra cli brings scikit-learn")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from spanmatch.pipelines import SubspaceMatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

Floats = Any
FEW = "ignore::spanmatch.UndersampledWarning"
SEEDS = st.integers(0, 2**32 - 1)


def noisy_sides(
    rows: int, neurons: int, noise: float, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sides of which half the neurons share six factors, each under noise of its own."""
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((rows, 6))
    sides = []
    for _ in "xy":
        z = factors @ rng.standard_normal((6, neurons // 2))
        z /= z.std(axis=0)
        z += noise * rng.standard_normal(z.shape)
        sides.append(np.hstack([z, rng.standard_normal((rows, neurons - neurons // 2))]))
    return sides[0], sides[1]


X, Y = noisy_sides(600, 20, 0.3)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(  # type: ignore[untyped-decorator]
    [SubspaceMatch(), SubspaceMatch(0.95, center=True, ridge=0.1)]
)
def test_the_checks_of_scikit_learn(estimator: Any, check: Callable[[Any], None]) -> None:
    """All of them: none is expected to fail."""
    check(estimator)


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("ridge", [None, 0.05])
@pytest.mark.parametrize("eps", [0.0, 0.5, 0.7, 0.95])
def test_on_the_rows_of_the_fit_it_is_the_spectrum_s(
    eps: float, ridge: float | None, center: bool
) -> None:
    model = SubspaceMatch(eps, center=center, ridge=ridge).fit(X + 1, Y)
    spectrum = sm.spectrum(X + 1, Y, center=center, ridge=ridge)
    assert model.spectrum_ == spectrum
    assert model.match_ == spectrum.match(eps)
    assert model.similarity(X + 1, Y) == pytest.approx(spectrum.similarity(eps), abs=1e-12)
    assert model.score(X + 1, Y) == pytest.approx((1 - eps) * spectrum.similarity(eps), abs=1e-12)


@pytest.mark.parametrize("center", [False, True])
def test_residuals_are_those_of_the_weights_on_other_rows(center: bool) -> None:
    """Written out by least squares of numpy."""
    fit, other = slice(300), slice(300, None)
    model = SubspaceMatch(0.6, center=center).fit(X[fit] + 0.1, Y[fit] - 0.2)
    match = model.match_
    assert 0 < match.y.size < match.n_y
    means = [side[fit].mean(axis=0) * center for side in (X + 0.1, Y - 0.2)]
    a, b = ((side - mean) for side, mean in zip((X + 0.1, Y - 0.2), means, strict=True))
    weights = np.linalg.lstsq(a[fit][:, match.x], b[fit][:, match.y])[0]
    error = b[other][:, match.y] - a[other][:, match.x] @ weights
    expected = np.sqrt((error**2).sum(axis=0) / (b[other][:, match.y] ** 2).sum(axis=0))
    found = model.residuals(X[other] + 0.1, Y[other] - 0.2)
    np.testing.assert_allclose(found.y[match.y], expected, rtol=1e-6)
    outside = np.setdiff1d(np.arange(match.n_y), match.y)
    np.testing.assert_array_equal(found.y[outside], 1.0)
    predicted = model.predict(X[other] + 0.1)
    np.testing.assert_allclose(predicted[:, match.y], Y[other][:, match.y] - 0.2 - error, atol=1e-6)
    np.testing.assert_array_equal(model.transform(X[other] + 0.1), predicted[:, match.y])
    np.testing.assert_array_equal(predicted[:, outside], np.tile(means[1][outside], (300, 1)))


@given(SEEDS)
@pytest.mark.filterwarnings(FEW)
def test_the_score_is_a_rectangle_under_the_area(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = noisy_sides(80, 8, 10 ** rng.uniform(-2, 1), seed)
    eps = float(rng.uniform(0, 0.999))
    model = SubspaceMatch(eps).fit(x[:60], y[:60])
    for rows in (slice(60), slice(60, None)):
        assert 0.0 <= model.score(x[rows], y[rows]) <= model.spectrum_.area + 1e-6


@given(SEEDS)
@pytest.mark.filterwarnings(FEW)
def test_units_and_order_of_neurons_do_not_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = noisy_sides(120, 10, 0.4, seed)
    order, scale = rng.permutation(10), 10.0 ** rng.uniform(-3, 3, 10) * rng.choice([-1, 1], 10)
    one = SubspaceMatch(0.7).fit(x[:60], y[:60])
    other = SubspaceMatch(0.7).fit((x * scale)[:60, order], y[:60])
    found = one.residuals(x[60:], y[60:]), other.residuals((x * scale)[60:, order], y[60:])
    np.testing.assert_allclose(found[0].x[order], found[1].x, rtol=1e-5)
    np.testing.assert_allclose(found[0].y, found[1].y, rtol=1e-5)


@pytest.mark.filterwarnings(FEW)
def test_a_search_finds_the_noise_and_not_the_largest_eps() -> None:
    levels = [0.05, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 0.99]
    search = GridSearchCV(SubspaceMatch(), {"eps": levels}, cv=5).fit(X, Y)
    shared = np.concatenate([sm.residuals(X, Y).x[:10], sm.residuals(X, Y).y[:10]])
    assert shared.max() < 0.5
    assert search.best_params_ == {"eps": 0.5}
    # Half of all neurons share something: more is not to be had.
    assert search.best_score_ <= 0.5 * (1 - 0.5)
    # What is worth nothing by itself: the wider bound holds more neurons.
    assert search.best_estimator_.set_params(eps=0.99).fit(X, Y).similarity(X, Y) > 0.5


@pytest.mark.filterwarnings(FEW)
def test_a_search_finds_a_ridge_where_samples_are_few() -> None:
    x, y = noisy_sides(60, 60, 0.3)
    grid = {"ridge": [None, 0.01, 0.1, 0.3, 3.0, 30.0]}
    search = GridSearchCV(SubspaceMatch(0.6), grid, cv=5).fit(x, y)
    assert search.best_params_["ridge"] in (0.1, 0.3)
    scores = dict(zip(grid["ridge"], search.cv_results_["mean_test_score"], strict=True))
    assert search.best_score_ > 2 * scores[None] > 0
    assert scores[30.0] == 0
    # On the rows of the fit that was not to be seen: with none all is within any ε.
    assert SubspaceMatch(0.6).fit(x, y).similarity(x, y) == 1.0


@pytest.mark.filterwarnings(FEW)
def test_unrelated_sides_score_nothing_on_other_rows() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 60, 25))
    model = SubspaceMatch(0.9).fit(x[:30], y[:30])
    assert model.similarity(x[:30], y[:30]) == 1.0
    assert model.score(x[30:], y[30:]) == 0.0


def test_in_a_pipeline() -> None:
    pipeline = make_pipeline(StandardScaler(), SubspaceMatch(0.5))
    scores = cross_val_score(pipeline, X * 3 + 1, Y, cv=3)
    assert scores.shape == (3,)
    assert (scores > 0.15).all()
    fitted = pipeline.fit(X * 3 + 1, Y)
    assert fitted.predict(X).shape == Y.shape
    first = make_pipeline(SubspaceMatch(0.5), StandardScaler()).fit(X, Y)
    assert first.transform(X).shape == (600, SubspaceMatch(0.5).fit(X, Y).match_.y.size)


def test_data_frames_keep_their_names() -> None:
    pandas = pytest.importorskip("pandas", reason="the extra test brings pandas")
    frame = pandas.DataFrame(X, columns=[f"unit {at}" for at in range(20)])
    model = SubspaceMatch(0.5).set_output(transform="pandas").fit(frame, Y)
    assert model.feature_names_in_[3] == "unit 3"
    assert list(model.transform(frame).columns) == [f"y{at}" for at in model.match_.y]
    with pytest.raises(ValueError, match="feature names"):
        model.transform(frame[frame.columns[::-1]])


def test_parameters_are_kept_as_given_and_checked_in_fit() -> None:
    odd = SubspaceMatch(1.5, center="no", ridge=-1.0)  # type: ignore[arg-type]
    assert clone(odd).get_params() == {"eps": 1.5, "center": "no", "ridge": -1.0}
    for model, word in (
        (SubspaceMatch(1.5), "eps"),
        (SubspaceMatch(center="no"), "center"),  # type: ignore[arg-type]
        (SubspaceMatch(ridge=-1.0), "ridge"),
    ):
        with pytest.raises((TypeError, ValueError), match=word):
            model.fit(X, Y)


def test_ridge_auto_is_chosen_by_folds() -> None:
    model = SubspaceMatch(0.6, ridge="auto").fit(X, Y)
    assert model.match_.ridge == sm.spectrum(X, Y, ridge="auto").ridge
    assert model.similarity(X, Y) == model.spectrum_.similarity(0.6)


def test_a_match_of_no_neurons() -> None:
    model = SubspaceMatch(0.0).fit(X, Y)
    assert len(model.match_) == 0
    assert model.transform(X).shape == (600, 0)
    assert model.score(X, Y) == 0.0
    np.testing.assert_array_equal(model.residuals(X, Y).x, 1.0)


def test_dead_and_silent_neurons() -> None:
    x, y = X.copy(), Y.copy()
    x[:, 0], y[300:, 1] = 0.0, 0.0
    model = SubspaceMatch(0.6).fit(x[:300], y[:300])
    found = model.residuals(x[300:], y[300:])
    assert np.isnan(found.x[0])
    assert np.isnan(found.y[1])
    assert np.isfinite(np.delete(found.x, 0)).all()


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (X[:, :5], Y, "features"),
        (X, Y[:, :5], "Y has 5 neurons, but the match was fitted to 20"),
        (X, Y[:50], "inconsistent"),
        (X, np.where(Y > 2, np.nan, Y), "NaN"),
    ],
)
def test_other_rows_of_other_sides_are_refused(x: Floats, y: Floats, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SubspaceMatch().fit(X, Y).score(x, y)


def test_few_samples_are_warned_of_at_the_caller_s_line() -> None:
    with pytest.warns(sm.UndersampledWarning, match="30 samples for 20 neurons") as caught:
        SubspaceMatch().fit(X[:30], Y[:30])
    assert len(caught) == 1
    assert caught[0].filename.endswith(("base.py", "test_scikit_learn.py"))


def test_it_can_be_pickled() -> None:
    model = SubspaceMatch(0.5).fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    assert again.score(X, Y) == model.score(X, Y)


def test_the_room_imports_scikit_learn_for_its_name_alone() -> None:
    code = """
import sys
import spanmatch.pipelines as pipelines
assert "sklearn" not in sys.modules
sys.modules["sklearn"] = sys.modules["sklearn.base"] = None
try:
    pipelines.SubspaceMatch
except ImportError as error:
    print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "SubspaceMatch needs scikit-learn 1.6 or newer: pip install" in out.stdout

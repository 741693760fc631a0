"""Results say which ridge they are of; nulls and intervals are made of parts of the same ridge."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from held_out_oracle import folds_of
from problems import planted
from refusal import refused
from spanmatch.results import result_file
from spanmatch.solve.student_t import find_two_sided_quantile

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.results.result import Result

X, Y = planted(np.random.default_rng(8), 6, 5, 120)
X[:, 4] = 0.0
RIDGE = 0.3


def solve(ridge: float | None) -> dict[str, Any]:
    match = sm.maximum_match(X, Y, eps=0.8, ridge=ridge)
    return {
        "spectrum": sm.spectrum(X, Y, ridge=ridge),
        "one_to_one": sm.one_to_one(X, Y, ridge=ridge),
        "residuals": sm.residuals(X, Y, ridge=ridge),
        "maximum_match": match,
        "spectrum.match": sm.spectrum(X, Y, ridge=ridge).match(0.8),
        "one_to_one.match": sm.one_to_one(X, Y, ridge=ridge).match(0.8),
        "minimum_match": sm.minimum_match(X, Y, eps=0.8, neuron=("x", 0), ridge=ridge),
        "simple_matches": sm.simple_matches(X, Y, eps=0.8, ridge=ridge)[0],
        "support": sm.support(X, Y, eps=0.8, ridge=ridge),
        "linear_map": sm.linear_map(X, Y, match=match),
        "held_out": sm.held_out(X, Y, match=match),
        "interval": sm.interval(X, Y, ridge=ridge),
        "null_spectra": sm.null_spectra(X, Y, nulls=3, ridge=ridge),
    }


WITH, WITHOUT = solve(RIDGE), solve(None)
each_result = pytest.mark.parametrize("name", WITH)


@each_result
def test_a_result_says_its_ridge(name: str) -> None:
    found, plain = WITH[name], WITHOUT[name]
    assert found.ridge == RIDGE
    assert plain.ridge is None
    assert "ridge=0.3" in repr(found)
    assert "ridge" not in repr(plain)
    assert found.to_dict()["ridge"] == RIDGE
    assert plain.to_dict()["ridge"] is None


@each_result
def test_a_result_comes_back_with_its_ridge(name: str, tmp_path: Path) -> None:
    for result in (WITH[name], WITHOUT[name]):
        result.save(tmp_path / "result")
        back: list[Any] = [
            sm.load(tmp_path / "result"),
            type(result).load(tmp_path / "result"),
            pickle.loads(pickle.dumps(result)),
            type(result)(**json.loads(json.dumps(result.to_dict()))),
        ]
        for again in back:
            assert again == result
            assert np.array_equal(again.ridge, result.ridge)
            assert repr(again) == repr(result)


@each_result
def test_a_file_of_before_there_was_a_ridge_is_of_none(name: str, tmp_path: Path) -> None:
    result: Result = WITHOUT[name]
    fields = {key: value for key, value in result._list_fields() if key != "ridge"}
    result_file.write(tmp_path / "old", type(result).__name__, fields.items())
    again: Any = sm.load(tmp_path / "old")
    assert again.ridge is None
    assert again == result


@each_result
def test_results_of_two_ridges_differ_where_they_are_figures(name: str) -> None:
    found = WITH[name]
    ridge = found.ridge + 1.0
    # Of a match the ridge is how it was found, as δ is, and no part of what it is.
    is_part = type(found).__name__ in {"MatchSpectrum", "OneToOne", "Interval", "NullSpectra"}
    assert (replace(found, ridge=ridge) != found) is is_part
    assert (replace(found, ridge=None) != found) is is_part


def test_what_has_no_ridge_takes_none() -> None:
    nulls = WITH["null_spectra"]
    refused(lambda: replace(nulls, ridges=np.array([0.3, 0.3])), "not one for each null")
    other = sm.spectrum(X, Y, ridge=2 * RIDGE)
    refused(lambda: nulls.p_value(other), "the ridge 0.6", "with 0.3", "one ridge")
    refused(lambda: nulls.p_value(WITHOUT["spectrum"]), "the ridge None", "with 0.3", "one ridge")
    refused(lambda: WITHOUT["null_spectra"].p_value(WITH["spectrum"]), "ridge 0.3", "with None")
    chosen = replace(nulls, ridges=np.array([0.3, 10.0, 0.1]))
    assert chosen[1].ridge == 10.0
    assert nulls[1].ridge == RIDGE
    assert [each.ridge for each in nulls[:2]] == [RIDGE, RIDGE]


@pytest.mark.parametrize("center", [False, True])
def test_null_spectra_are_those_of_x_and_rolled_y(center: bool) -> None:
    how: dict[str, Any] = {"center": center, "ridge": RIDGE}
    found = sm.null_spectra(X + 2.0, Y + 1.0, nulls=11, rows_per_item=10, **how)
    wanted = [
        sm.spectrum(X + 2.0, np.roll(Y + 1.0, -start, axis=0), **how)
        for start in range(10, 120, 10)
    ]
    known = np.array([np.append(each.x, each.y) for each in wanted])
    rows = np.array([np.append(each.x, each.y) for each in found])
    known[np.isinf(known)] = rows[np.isinf(rows)] = 2.0
    order = [int(np.abs(known - row).max(axis=1).argmin()) for row in rows]
    assert sorted(order) == list(range(11))
    np.testing.assert_allclose(rows, known[order], rtol=0, atol=1e-8)
    observed = sm.spectrum(X + 2.0, Y + 1.0, **how)
    areas = np.array([each.area for each in wanted])
    p = sm.p_value(X + 2.0, Y + 1.0, nulls=11, rows_per_item=10, **how)
    assert p == found.p_value(observed) == (1 + (areas >= observed.area).sum()) / 12
    pair = sm.ActivationPair(nulls=11)
    pair.update(X + 2.0, Y + 1.0, rows_per_item=10)
    assert sm.null_spectra(pair, **how) == found
    assert sm.p_value(pair, 0.7, **how) == found.p_value(observed, 0.7)


@pytest.mark.parametrize("center", [False, True])
def test_the_jackknife_is_of_one_ridge(center: bool) -> None:
    x, folds = X[:, :4] + 1.0, 6
    how: dict[str, Any] = {"center": center, "ridge": RIDGE}
    fold = folds_of(120, folds, rows_per_item=4, seed=1)
    whole = sm.spectrum(x, Y, **how)
    parts = [sm.spectrum(x[fold != left], Y[fold != left], **how) for left in range(folds)]
    found = sm.interval(x, Y, folds=folds, rows_per_item=4, seed=1, **how)
    for name in ("area", "x", "y"):
        t = getattr(whole, name)
        of_parts = np.array([getattr(part, name) for part in parts])
        mean = of_parts.mean(axis=0)
        bias = (folds - 1) * (t - mean)
        variance = (folds - 1) / folds * np.sum((of_parts - mean) ** 2, axis=0)
        half = find_two_sided_quantile(0.95, folds - 1) * np.sqrt(variance + bias**2 / 4)
        ends = np.clip([t + bias / 2 - half, t + bias / 2 + half], 0.0, 1.0)
        np.testing.assert_allclose(getattr(found, name), ends, rtol=0, atol=1e-8)
    drawn = sm.interval(x, Y, method="bootstrap", folds=folds, rows_per_item=4, **how)
    assert drawn.ridge == RIDGE
    assert abs(drawn.area.mean() - found.area.mean()) < np.ptp(found.area)


def test_a_ridge_chosen_for_an_interval_is_that_of_all_data() -> None:
    x = X[:, :4]
    pair = sm.ActivationPair(folds=8, seed=2)
    pair.update(x, Y)
    ridge = sm.spectrum(pair, ridge="auto").ridge
    assert sm.interval(pair, ridge="auto") == sm.interval(pair, ridge=ridge)
    assert sm.interval(x, Y, folds=8, seed=2, ridge="auto") == sm.interval(pair, ridge=ridge)


@pytest.mark.filterwarnings("error::spanmatch.UndersampledWarning")
def test_few_samples_are_told_unless_the_ridge_stands_for_them() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 40, 20))
    with pytest.warns(sm.UndersampledWarning, match='take more samples, or ridge="auto"'):
        sm.spectrum(x, y)
    with pytest.warns(sm.UndersampledWarning, match=r"of the order of 0\.5 instead of 0\.001"):
        sm.spectrum(x, y, ridge=1e-3)
    # A tenth of neurons over samples.
    with pytest.warns(sm.UndersampledWarning, match=r"instead of 0\.049"):
        sm.spectrum(x, y, ridge=0.049)
    for ridge in (0.051, 1.0):
        sm.spectrum(x, y, ridge=ridge)

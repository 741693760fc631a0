"""The measures on input that has no clean answer, of any scale; what is refused and returned."""

from __future__ import annotations

import copy
import json
import math
import pickle
from dataclasses import FrozenInstanceError, fields
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from measures_oracle import FIELDS, RANKS, MeasuresOracle, assert_like
from oracle import centred
from problems import PROBLEMS, problem
from refusal import X, Y, filled, refused
from spanmatch.results.measures import Measures
from spanmatch.solve.measures import linear_cka, measures

if TYPE_CHECKING:
    from collections.abc import Callable

DEGENERATE = {"all_dead", "empty_side"}
FEW = {"undersampled", "few_samples"}
UNDERSAMPLED = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")


@UNDERSAMPLED
@pytest.mark.parametrize("name", [name for name in PROBLEMS if name not in DEGENERATE])
def test_every_problem_has_an_answer(name: str) -> None:
    x, y = problem(name)
    got, oracle = measures(x, y), MeasuresOracle(x, y)
    for field in FIELDS:
        most = np.sqrt(2) if field == "procrustes_distance" else 1
        assert 0 <= getattr(got, field) <= most, field
    for field in RANKS:
        assert getattr(got, field) == pytest.approx(oracle.ranks[field], rel=1e-10), field
    # Where directions are near the cut, those measures depend on which side of it they fall.
    spans = ("mean_cca", "pwcca", "r2_x", "r2_y")
    # Coinciding correlations leave the weights of pwcca open.
    left_out = ("pwcca",) if oracle.gap < 1e-6 else ()
    assert_like(got, oracle, atol=1e-10, without=spans)
    if oracle.is_clear:
        assert_like(got, oracle, atol=1e-11 + 1e-15 * oracle.condition**2, without=left_out)


def test_most_problems_are_clear() -> None:
    clear = {
        name
        for name in PROBLEMS
        if name not in DEGENERATE and MeasuresOracle(*problem(name)).is_clear
    }
    assert len(clear) >= len(PROBLEMS) - len(DEGENERATE) - 3
    assert {"dead", "duplicated", "dependent", "scaled", "large_mean", *FEW} <= clear


@pytest.mark.parametrize("name", sorted(DEGENERATE))
def test_a_side_without_variance_has_no_measures(name: str) -> None:
    x, y = problem(name)
    for sides in ((x, y), (y, x), (x, y + 7.3), (y, y)):
        got = measures(*sides)
        assert all(np.isnan(getattr(got, name)) for name in (*FIELDS, *RANKS))
        assert np.isnan(linear_cka(*sides))


@UNDERSAMPLED
def test_one_sample_has_no_measures() -> None:
    assert np.isnan(measures(np.array([[1.0, 2.0]]), np.ones((1, 3))).mean_cca)


@pytest.mark.parametrize("exponent", [-150, -30, 30, 150])
def test_scales_of_a_side(exponent: int) -> None:
    x, y = problem("planted")
    wanted = measures(x, y)
    for sides in (
        (x * 10.0**exponent, y),
        (x, y * 10.0**exponent),
        (x * 10.0**exponent, y * 10.0**-exponent),
        (x * 10.0**exponent, y * 10.0**exponent),
    ):
        assert_like(measures(*sides), wanted, atol=1e-12)
        assert linear_cka(*sides) == measures(*sides).linear_cka
        # Norms of rows are summed squared: they leave float64 where products do not.
        found = measures(*sides)
        if abs(exponent) > 100:
            assert math.isnan(found.debiased_cka)
            assert "leave the range of float64" in found.debiased_cka_note
        else:
            assert found.debiased_cka == pytest.approx(wanted.debiased_cka, abs=1e-12)


def test_a_side_whose_squares_fit_one_by_one_and_not_in_sum() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.choice([-1.0, 1.0], (2100, 100)), rng.standard_normal((2100, 5))
    x = np.tile(x, 4)
    # 2e306 a neuron, 8e308 in all.
    assert_like(measures(x * 3e151, y), measures(x, y), atol=1e-12)
    assert_like(measures(y, x * 3e151), measures(y, x), atol=1e-12)


@pytest.mark.parametrize("exponent", [-120, -30, 30, 120])
def test_the_scale_of_a_column_is_nothing_to_a_span(exponent: int) -> None:
    x, y = problem("planted")
    wanted = measures(x, y)
    x, y = x.copy(), y.copy()
    x[:, 3] *= 10.0**exponent
    got = measures(x, y)
    assert_like(got, MeasuresOracle(x, y), atol=1e-11)
    assert got.mean_cca == pytest.approx(wanted.mean_cca, abs=1e-12)
    assert got.r2_y == pytest.approx(wanted.r2_y, abs=1e-12)


def test_squares_that_are_lost_are_refused() -> None:
    x, y = problem("planted")
    x[:, 3] *= 1e-200
    for call in (measures, linear_cka, partial(sm.spectrum, center=True)):
        with pytest.raises(ValueError, match="neuron 3 of x"):
            call(x, y)


def test_dead_and_dependent_neurons_change_no_span() -> None:
    x, y = problem("planted")
    wanted = measures(x, y)
    more = np.hstack([x, x[:, :5] * -2, np.full((len(x), 2), 3.5), x @ np.ones((len(x.T), 2))])
    got = measures(more, y)
    assert got.mean_cca == pytest.approx(wanted.mean_cca, abs=1e-12)
    assert got.r2_y == pytest.approx(wanted.r2_y, abs=1e-12)


@pytest.mark.parametrize(("copies", "kept"), [(1, True), (100, False)])
def test_a_direction_counts_beside_the_largest(copies: int, kept: bool) -> None:
    z = np.linalg.qr(centred(np.random.default_rng(0).standard_normal((600, 2))))[0]
    # 5e-6 off: λ = 1e-11, of a largest λ of 2, or of 101, whose rounding might be as large.
    x = np.hstack([z[:, :1]] * copies + [z[:, :1] + 5e-6 * z[:, 1:]])
    assert measures(x, z[:, 1:]).mean_cca == pytest.approx(float(kept), abs=1e-3)


def test_nothing_is_more_than_alike() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        x = rng.standard_normal((50, 3))
        assert 1 - 1e-14 <= linear_cka(x, -x) <= 1  # without a bound a fifth of these exceed 1
        got = measures(x, -x)
        assert max(getattr(got, name) for name in FIELDS) <= 1


@UNDERSAMPLED
def test_too_few_samples_find_everything_in_everything() -> None:
    got = measures(*problem("undersampled"))
    for value in (got.mean_cca, got.pwcca, got.r2_y):
        assert value == pytest.approx(1, abs=1e-12)
    assert got.r2_x < 0.9
    assert got.linear_cka < 0.9


def test_too_few_samples_warn_at_the_caller() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 39, 8))
    for call in (measures, linear_cka, sm.shape_distance, sm.ridge_cca, sm.gulp_distance):
        with pytest.warns(sm.UndersampledWarning, match="39 samples for 8 neurons") as caught:
            call(x[:, :3], y)
        assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(
    "call", [measures, linear_cka, sm.shape_distance, sm.ridge_cca, sm.gulp_distance]
)
def test_input_is_checked(call: Callable[..., object], capfd: pytest.CaptureFixture[str]) -> None:
    refused(partial(call, X), "y")
    refused(partial(call, filled(), Y), "pair")
    refused(partial(call, sm.ActivationPair()), "empty")
    refused(partial(call, X.astype(int), Y), "x", "int64")
    x, y = problem("planted")
    wanted = call(x, y)
    assert capfd.readouterr() == ("", "")
    assert call(x, y, progress=True) == wanted
    assert capfd.readouterr().err != ""


@pytest.mark.parametrize("name", ["planted", "empty_side"])
def test_a_result_is_plain_and_immutable(name: str) -> None:
    result = measures(*problem(name))
    assert tuple(field.name for field in fields(result)) == (
        *(*FIELDS, *RANKS),
        *("debiased_cka", "debiased_cka_note", "also"),
    )
    numbers = (*FIELDS, *RANKS, "debiased_cka")
    assert all(type(getattr(result, name)) is float for name in numbers)
    assert type(result.debiased_cka_note) is str
    assert (result.debiased_cka_note == "") == (name == "planted")
    for twin in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert twin == result
        assert twin is not result
    assert Measures(**json.loads(json.dumps(result.to_dict()))) == result
    assert result != measures(*problem("relu"))
    assert result != Measures(**{**result.to_dict(), "r2_y": 0.5})
    assert result != Measures(**{**result.to_dict(), "also": {"gulp_distance": 0.5}})
    assert result != "something else"
    with pytest.raises(FrozenInstanceError):
        result.r2_x = 0.0  # type: ignore[misc]
    with pytest.raises(TypeError, match="unhashable"):
        hash(result)


def test_a_repr_gives_four_decimals() -> None:
    result = Measures(
        *(0.25, 0.5, 0.123456, 1.0, 0.5, 1.0, float("nan"), 0.75),
        *(2.5, 1.0, 2.0, 1.0, float("nan"), "there are 3 rows"),
        also={"ridge_cca": 0.25},
    )
    assert repr(result) == (
        "Measures(linear_cka=0.2500, mean_cca=0.5000, svcca=0.1235, pwcca=1.0000, "
        "procrustes_similarity=0.5000, procrustes_distance=1.0000, r2_x=nan, r2_y=0.7500, "
        "effective_rank_x=2.5000, effective_rank_y=1.0000, stable_rank_x=2.0000, "
        "stable_rank_y=1.0000, debiased_cka=nan, ridge_cca=0.2500; there are 3 rows)"
    )


def test_cka_is_that_of_the_measures() -> None:
    sides = problem("planted")
    assert type(linear_cka(*sides)) is float
    assert linear_cka(*sides) == measures(*sides).linear_cka

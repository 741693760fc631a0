"""Calibrated measures: nulls measured as any two sides are, and scores that chance rarely gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from norms_oracle import find_debiased_cka
from spanmatch.solve.calibrate import FROM_PRODUCTS, measure_nulls
from spanmatch.solve.problem import Regularisation

if TYPE_CHECKING:
    from problems import Floats, Rng, Sides

NAMES = ("area", "one_to_one_area", *FROM_PRODUCTS)


def planted(rng: Rng, n: int = 120, shared: int = 3) -> Sides:
    """Two sides of 6 and 5 neurons that mix so many factors."""
    factors = rng.standard_normal((n, shared))
    x, y = (rng.standard_normal((n, size)) for size in (6, 5))
    return (
        x + 2 * factors @ rng.standard_normal((shared, 6)),
        y + 2 * factors @ rng.standard_normal((shared, 5)),
    )


def unrelated(rng: Rng, n: int = 40) -> Sides:
    """Two sides of skewed rows with means, that share nothing."""
    return 1 + rng.exponential(size=(n, 6)), rng.exponential(size=(n, 5)) ** 2


def measured(x: Floats, y: Floats, eps: tuple[float, ...] = ()) -> dict[str, float]:
    """Every measure of two sides, by the functions that take two arrays."""
    spectrum, of_products = sm.spectrum(x, y), sm.measures(x, y)
    return {
        "area": spectrum.area,
        "one_to_one_area": sm.one_to_one(x, y).area,
        **{name: getattr(of_products, name) for name in FROM_PRODUCTS},
        **{f"s({each:g})": spectrum.similarity(each) for each in eps},
    }


def shifts_of(n: int, nulls: int, seed: int) -> list[int]:
    gram = sm.ActivationPair(nulls=nulls, seed=seed)._gram.to_host()
    return gram.plan(n, 1, 0, 0)[0]


def test_every_measure_of_every_null() -> None:
    x, y = planted(np.random.default_rng(0))
    found = sm.calibrate(x, y, nulls=19, seed=3, eps=(0.3, 0.75))
    assert tuple(found) == (*NAMES, "s(0.3)", "s(0.75)")
    nulls = [
        measured(x, np.roll(y, -shift, axis=0), (0.3, 0.75)) for shift in shifts_of(120, 19, 3)
    ]
    for name, value in measured(x, y, (0.3, 0.75)).items():
        # s(ε) moves in steps, which rounding may move.
        known = sorted(null[name] for null in nulls)
        assert found[name].value == pytest.approx(value, abs=1e-9)
        np.testing.assert_allclose(np.sort(found.of_nulls(name)), known, rtol=0, atol=1e-9)
        threshold = known[-1]  # the 19th of 19
        assert found[name].threshold == pytest.approx(threshold, abs=1e-9)
        score = max(0.0, (value - threshold) / (1 - threshold)) if threshold < 1 else 0.0
        assert found[name].score == pytest.approx(score, abs=1e-6)
        reached = sum(null[name] >= value - 1e-7 for null in nulls)
        assert found[name].p_value == (1 + reached) / 20


def test_a_pair_says_what_its_arrays_say() -> None:
    x, y = planted(np.random.default_rng(1))
    pair = sm.ActivationPair(nulls=39, seed=5)
    pair.update(x, y)
    assert sm.calibrate(pair) == sm.calibrate(x, y, seed=5)
    ridged = sm.calibrate(pair, ridge=0.3, center=True)
    assert (ridged.ridge, ridged["linear_cka"]) == (0.3, sm.calibrate(pair)["linear_cka"])
    assert ridged["area"].value == sm.spectrum(x, y, ridge=0.3, center=True).area
    assert sm.calibrate(pair, level=0.1) == sm.calibrate(pair).at_level(0.1)


def test_debiased_cka_of_nulls_is_that_of_the_kernels() -> None:
    x, y = unrelated(np.random.default_rng(2), 30)
    found = sm.calibrate(x, y, nulls=19)
    wanted = [find_debiased_cka(x, np.roll(y, -shift, axis=0)) for shift in shifts_of(30, 19, 0)]
    np.testing.assert_allclose(found.of_nulls("debiased_cka"), wanted, rtol=0, atol=1e-12)


def test_where_chance_reaches_all_the_score_is_none() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, 8, 12))
    with pytest.warns(sm.UndersampledWarning):
        found = sm.calibrate(x, y, nulls=7, level=0.25)
    assert {"mean_cca", "pwcca", "r2_x", "r2_y"} <= set(found.saturated)
    for name in found.saturated:
        assert (found[name].score, found[name].p_value) == (0.0, 1.0)
    assert found["debiased_cka"].threshold < 0.9


def test_a_null_that_repeats_another_counts_once() -> None:
    x, y = planted(np.random.default_rng(4), 8)
    with pytest.warns(sm.UndersampledWarning):
        found = sm.calibrate(x, y, nulls=39, level=0.25)
    # Eight rows have seven circular shifts.
    assert (found.n_distinct, found.of_nulls("area").size) == (7, 7)
    assert min(each.p_value for each in found.values()) >= 1 / 8
    with pytest.raises(ValueError, match="needs 19 distinct nulls at least, and there are 7"):
        found.at_level(0.05)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"nulls": 18}, ValueError, "needs 19 distinct nulls at least, and there are 18"),
        ({"level": 0.01}, ValueError, "needs 99 distinct nulls"),
        ({"level": 0.0}, ValueError, "level must be between 0 and 1"),
        ({"level": 1}, ValueError, "level must be between 0 and 1"),
        ({"level": float("nan")}, ValueError, "level must be between 0 and 1"),
        ({"ridge": "auto"}, ValueError, "give calibrate a number"),
        ({"eps": (1.5,)}, ValueError, "eps"),
        ({"nulls": 0}, ValueError, "nulls"),
        ({"nulls": True}, TypeError, "`nulls` must be an integer"),
        ({"level": "0.05"}, TypeError, "level must be a real number"),
        ({"eps": "0.3"}, TypeError, "`eps` must be a real number"),
        ({"eps": None}, TypeError, "`eps` must be a real number"),
        ({"eps": (0.3, 0.3)}, ValueError, "differ in six digits"),
        ({"eps": (0.3, 0.300000001)}, ValueError, "differ in six digits"),
        ({"center": 1}, TypeError, "center"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, Any], error: type, words: str) -> None:
    x, y = planted(np.random.default_rng(5))
    with pytest.raises(error, match=words):
        sm.calibrate(x, y, **options)


def test_levels_may_be_one_number_or_an_array() -> None:
    x, y = planted(np.random.default_rng(9))
    wanted = sm.calibrate(x, y, nulls=19, eps=(0.3, 0.6))
    assert sm.calibrate(x, y, nulls=19, eps=np.array([0.3, 0.6])) == wanted
    assert sm.calibrate(x, y, nulls=19, eps=0.6)["s(0.6)"] == wanted["s(0.6)"]


def test_why_debiased_cka_is_nan_is_told() -> None:
    x, y = planted(np.random.default_rng(10), 3)
    pair = sm.ActivationPair(nulls=2)
    pair.update(x, y)
    with pytest.warns(sm.UndersampledWarning, match="take more samples$"):
        found = sm.calibrate(pair, level=0.5)
    assert np.isnan(found["debiased_cka"]).all()
    assert "at least 4 rows" in found.debiased_cka_note
    assert "at least 4 rows" in repr(found)


def test_one_measure_is_that_of_all() -> None:
    pair = sm.ActivationPair(nulls=19)
    pair.update(*planted(np.random.default_rng(11)))
    problem = Regularisation.of(False, None).read(pair, None)
    wanted = sm.calibrate(pair)
    for name in NAMES:
        found = measure_nulls(problem, (name,))
        assert found.names == (name,)
        at = wanted.names.index(name)
        assert found.observed[0] == wanted.observed[at]
        np.testing.assert_array_equal(found.nulls[0], wanted.nulls[at])


def test_a_pair_without_nulls_says_how_to_get_them() -> None:
    pair = sm.ActivationPair()
    pair.update(*planted(np.random.default_rng(6)))
    with pytest.raises(ValueError, match=r"ActivationPair\(nulls=39\)"):
        sm.calibrate(pair)


def test_a_side_without_variance_has_no_score() -> None:
    x, _ = planted(np.random.default_rng(7))
    found = sm.calibrate(x, np.ones((120, 2)), nulls=19)
    assert np.isnan(found["linear_cka"]).all()
    assert found["area"].score == 0.0


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=60),
    st.floats(-1, 1),
    st.sampled_from([0.5, 0.25, 0.1, 0.05, 0.3, 1 / 3, 1 / 7, 2 / 3]) | st.floats(0.01, 0.99),
)
def test_a_score_is_above_nothing_exactly_where_p_is_small(
    nulls: list[float], value: float, level: float
) -> None:
    rolls = np.arange(len(nulls), dtype=np.uint64)
    try:
        found = sm.Calibration(("area",), np.array([value]), np.array([nulls]), rolls, level)
    except ValueError:
        assert 1 / (1 + len(nulls)) > level
        return
    each = found["area"]
    # The largest value there is cannot be above itself.
    assert (each.score > 0.0) == (each.p_value <= level) or each.threshold >= 1 - 1e-7
    assert 0.0 <= each.score <= 1.0 + 1e-12


def test_what_differs_by_rounding_is_equal_and_nan_is_nothing() -> None:
    nulls, rolls = np.tile([[0.5]], (2, 19)), np.arange(19, dtype=np.uint64)
    nulls[1, 3] = np.nan
    found = sm.Calibration(("area", "svcca"), np.array([0.5 + 5e-8, 0.9]), nulls, rolls)
    assert (found["area"].score, found["area"].p_value) == (0.0, 1.0)
    assert np.isnan(found["svcca"][1:]).all()
    with pytest.raises(KeyError, match="there is no measure 'cka': there are area, svcca"):
        found.of_nulls("cka")


def test_chance_is_told_from_what_is_shared() -> None:
    rng = np.random.default_rng(8)
    p = {name: [] for name in NAMES}  # type: dict[str, list[float]]
    zero, above = dict.fromkeys(NAMES, 0), dict.fromkeys(NAMES, 0)
    for draw in range(200):
        for name, each in sm.calibrate(*unrelated(rng), nulls=19, seed=draw).items():
            p[name].append(each.p_value)
            zero[name] += each.score == 0.0
        for name, each in sm.calibrate(*planted(rng), nulls=19, seed=draw).items():
            above[name] += each.score > 0.0
    for name in NAMES:
        assert zero[name] >= 180, name
        # One by one nothing is planted.
        assert above[name] >= 190 or name == "one_to_one_area", name
        ranks = np.bincount(np.round(np.array(p[name]) * 20).astype(int), minlength=21)[1:]
        # 20 cells of 10 draws: the 0.999 quantile of chi square with 19 degrees is 43.8.
        assert ((ranks - 10) ** 2 / 10).sum() < 43.8, name

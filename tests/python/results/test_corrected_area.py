"""The area corrected for few samples: critical ε over chance, by theorems and on known data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from spanmatch.results.curve import find_corrected_area

if TYPE_CHECKING:
    from spanmatch.results.result import Floats

UNIT = st.floats(0.0, 1.0)
CRITICAL = st.one_of(UNIT, st.just(np.inf), st.just(0.0), st.just(1.0))
NEURONS = st.lists(st.tuples(CRITICAL, UNIT), min_size=1, max_size=12)


def spectrum_of(neurons: list[tuple[float, float]], n_x: int = 1) -> sm.MatchSpectrum:
    """A spectrum of these critical ε and chance levels; what is dead has no chance level."""
    critical = np.array([c for c, _ in neurons])
    chance = np.array([np.nan if np.isinf(c) else level for c, level in neurons])
    sides = (chance[:n_x], chance[n_x:])
    return sm.MatchSpectrum(critical[:n_x], critical[n_x:], sides, 50, 1e-6, 0)


def count_slowly(neurons: list[tuple[float, float]]) -> float:
    """The corrected area, neuron by neuron, as it is defined."""
    parts = []
    for critical, chance in neurons:
        if np.isinf(critical) or chance <= 100 * 1e-6 or critical >= chance:
            parts.append(0.0)
        else:
            parts.append(1.0 - critical / chance)
    return sum(parts) / len(parts)


@given(NEURONS)
def test_it_is_what_is_defined_and_at_most_the_area(neurons: list[tuple[float, float]]) -> None:
    found = spectrum_of(neurons)
    assert found.corrected_area == pytest.approx(count_slowly(neurons), abs=1e-12)
    assert 0.0 <= found.corrected_area <= found.area + 1e-12


@given(st.lists(CRITICAL, min_size=1, max_size=12))
def test_a_chance_of_one_corrects_nothing(critical: list[float]) -> None:
    found = spectrum_of([(each, 1.0) for each in critical])
    assert found.corrected_area == pytest.approx(found.area, abs=1e-15)


@given(st.lists(st.tuples(UNIT, UNIT), min_size=1, max_size=12))
def test_nothing_is_left_where_no_neuron_is_below_chance(
    neurons: list[tuple[float, float]],
) -> None:
    found = spectrum_of([(max(critical, chance), chance) for critical, chance in neurons])
    assert found.corrected_area == 0.0


@given(NEURONS, st.floats(0.0, 1.0))
def test_it_grows_with_chance(neurons: list[tuple[float, float]], part: float) -> None:
    lower = [(critical, part * chance) for critical, chance in neurons]
    assert spectrum_of(lower).corrected_area <= spectrum_of(neurons).corrected_area + 1e-12


def test_no_chance_level_is_no_match() -> None:
    nothing_known = spectrum_of([(0.0, 0.5), (0.0, 0.5)])
    assert nothing_known.corrected_area == 1.0
    assert find_corrected_area(np.zeros(2), np.array([np.nan, 0.0]), 1e-6) == 0.0
    # What counts as exact is no level to be better than.
    assert replace(nothing_known, chance=(np.array([9e-5]),) * 2).corrected_area == 0.0
    empty = sm.MatchSpectrum(np.empty(0), np.empty(0), (np.empty(0), np.empty(0)), 5, 1e-6, 0)
    assert empty.corrected_area == 0.0


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_undersampled_sides_match_in_full_and_are_corrected_to_nothing() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 20, 30))
    found = sm.spectrum(x, y)
    assert found.area == 1.0
    assert found.corrected_area == 0.0


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_unrelated_sides_are_near_nothing_at_any_number_of_samples() -> None:
    rng = np.random.default_rng(1)
    for samples, area in ((60, 0.15), (120, 0.07), (1000, 0.005)):
        found = sm.spectrum(*rng.standard_normal((2, samples, 30)))
        assert found.area > area
        assert found.corrected_area < 0.01


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_planted_sides_hardly_depend_on_the_number_of_samples() -> None:
    rng = np.random.default_rng(2)
    mixing = rng.standard_normal((150, 300)) / np.sqrt(150)
    few, many = (_plant(rng, mixing, samples) for samples in (1200, 6000))
    assert few.area - many.area > 0.05
    # It errs to the low side.
    assert 0.0 <= many.corrected_area - few.corrected_area < 0.025
    assert many.area - many.corrected_area < 0.02


def _plant(rng: np.random.Generator, mixing: Floats, samples: int) -> sm.MatchSpectrum:
    shared = rng.standard_normal((samples, mixing.shape[0]))
    noise = 0.6 * rng.standard_normal((2, samples, mixing.shape[1]))
    return sm.spectrum(shared @ mixing + noise[0], shared @ mixing[:, ::-1] + noise[1])

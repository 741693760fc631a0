"""Random calls of every function end in an answer or in an error that is documented.

`SPANMATCH_FUZZ` says how many problems, and `SPANMATCH_FUZZ_SEED` which.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import spanmatch as sm
from oracle import Oracle, ridge_weights
from wild_arrays import tame_sides, wild_sides

PROBLEMS = int(os.environ.get("SPANMATCH_FUZZ", "400"))
SEED = int(os.environ.get("SPANMATCH_FUZZ_SEED", "0"))
DOCUMENTED = (ValueError, TypeError, MemoryError)
ROUNDINGS = 32 * 2.0**-53

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def in_range(values: np.ndarray) -> bool:
    return bool((((values >= 0) & (values <= 1)) | np.isnan(values) | np.isposinf(values)).all())


class Calls:
    """Calls, each of which has an answer or a documented error, and how many have one."""

    def __init__(self) -> None:
        self.made = self.answered = 0

    def __call__(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Return the answer, or None."""
        self.made += 1
        try:
            with warnings.catch_warnings():
                # Nothing is computed of numbers that are none, or too large, in silence.
                warnings.simplefilter("error", RuntimeWarning)
                answer = function(*args, **options)
        except DOCUMENTED:
            return None
        self.answered += 1
        return answer


def ask_pair(call: Calls, x: Any, y: Any, rng: np.random.Generator) -> None:
    """Sums in batches are of all rows; what fails leaves them as they were."""
    pair = sm.ActivationPair(nulls=int(rng.integers(0, 3)), folds=int(rng.choice([0, 3])))
    at, n_samples = int(rng.integers(0, len(x) + 1)), 0
    for part in (slice(at), slice(at, None), slice(None)):
        before = pair.n_samples
        call(pair.update, x[part], y[part])
        assert pair.n_samples in (before, before + len(x[part]))
        n_samples = pair.n_samples
    copy = call(sm.ActivationPair.__add__, pair, pair)
    assert copy is None or copy.n_samples == 2 * n_samples
    for function in (sm.spectrum, sm.calibrate, sm.null_spectra, sm.interval, sm.measures):
        call(function, pair)


def ask_matches(call: Calls, x: Any, y: Any, rng: np.random.Generator) -> None:
    eps, options = float(rng.random()), {"center": bool(rng.integers(2))}
    found = call(sm.maximum_match, x, y, eps=eps, **options)
    neuron = (str(rng.choice(["x", "y", "z"], p=[0.5, 0.49, 0.01])), int(rng.integers(0, 13)))
    call(sm.minimum_match, x, y, eps=eps, neuron=neuron, **options)
    call(sm.support, x, y, eps=eps, **options)
    parts = call(sm.simple_matches, x, y, eps=eps, **options)
    if found is None:
        return
    assert sm.is_match(x, y, eps=eps, x_index=found.x, y_index=found.y, **options)
    inside = set(found.x.tolist()), set(found.y.tolist())
    for part in parts or ():
        assert set(part.x.tolist()) <= inside[0]
        assert set(part.y.tolist()) <= inside[1]
    call(sm.linear_map, x, y, match=found, **options)
    call(sm.held_out, x, y, match=found, folds=3, **options)


def ask_spectra(call: Calls, x: Any, y: Any, rng: np.random.Generator) -> None:
    ridge: Any = rng.choice(np.array([None, "auto", 1e-12, 0.3, 1e5, 1e-300, np.nan], object))
    nulls = call(sm.null_spectra, x, y, nulls=2, ridge=ridge)
    for spectrum in (call(sm.spectrum, x, y, ridge=ridge), *(nulls or ())):
        if spectrum is not None:
            assert in_range(spectrum.x)
            assert in_range(spectrum.y)
            assert 0 <= spectrum.area <= 1
    call(sm.p_value, x, y, nulls=2)
    call(sm.interval, x, y, folds=3)


def ask_measures(call: Calls, x: Any, y: Any, rng: np.random.Generator) -> None:
    also = ["gulp_distance", "ridge_cca", "shape_distance"]
    found = call(sm.measures, x, y, also=also)
    if found is not None:
        for name in ("linear_cka", "mean_cca", "svcca", "pwcca", "procrustes_similarity"):
            value = getattr(found, name)
            assert np.isnan(value) or -1e-9 <= value <= 1 + 1e-9, name
    call(sm.linear_cka, x, y)
    call(sm.debiased_linear_cka, x, y)
    call(sm.residuals, x, y, x_index=rng.integers(-1, 13, 2), y_index=[0])


def ask_one_to_one(call: Calls, x: Any, y: Any, rng: np.random.Generator) -> None:
    found = call(sm.one_to_one, x, y, center=bool(rng.integers(2)))
    if found is not None:
        assert in_range(found.x)
        assert 0 <= found.area <= 1
    call(sm.align_neurons, x, y)


Ask = Callable[[Calls, Any, Any, np.random.Generator], None]
ASKED: list[Ask] = [ask_pair, ask_matches, ask_spectra, ask_measures, ask_one_to_one]


@pytest.mark.parametrize("ask", ASKED)
def test_random_calls_end_in_an_answer_or_a_documented_error(
    ask: Ask,
) -> None:
    call = Calls()
    for seed in range(SEED, SEED + PROBLEMS):
        rng = np.random.default_rng([seed, ASKED.index(ask)])
        x, y = wild_sides(rng)
        try:
            ask(call, x, y, rng)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error!r}") from error
    sys.stderr.write(f"{ask.__name__}: {call.made} calls, {call.answered} answers\n")
    assert call.answered > call.made // 10


def test_residuals_are_those_of_least_squares_within_their_doubt() -> None:
    """The doubt is what rounding of the cosines moves r² by: u (1 + Σ|w|)², w the coefficients."""
    for seed in range(SEED, SEED + PROBLEMS):
        x, y = tame_sides(np.random.default_rng(seed))
        oracle = Oracle.of(x, y)
        found = sm.residuals(x, y, x_index=range(x.shape[1]), y_index=range(y.shape[1]))
        unit_x, unit_y = oracle.units
        for ours, theirs, own, other in zip(
            (found.x, found.y), oracle.residuals(), (unit_x, unit_y), (unit_y, unit_x), strict=True
        ):
            sizes = np.abs(ridge_weights(other, own, oracle.root)).sum(axis=0)
            doubt = ROUNDINGS * np.sqrt(len(x)) * (1 + sizes) ** 2
            wrong = np.abs(ours**2 - np.minimum(theirs, 1.0) ** 2)
            assert (wrong <= doubt).all(), f"seed {seed}: {wrong} of {doubt}"

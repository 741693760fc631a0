"""Warnings of matches that may be due to chance: too few samples, or too large an ε."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import spanmatch._core as core
from spanmatch.base.errors import UndersampledWarning
from spanmatch.results.spectrum import find_living_median

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spanmatch.solve.problem import Problem

SAMPLES_PER_NEURON = 5
# A ridge of this part of neurons over samples keeps residuals of unrelated neurons above 0.3. With
# m neurons and n samples r² is at least λ / (m / n + λ), which is about a tenth here.
ENOUGH_RIDGE = 0.1


def explain_too_few(
    n_samples: int, n_neurons: int, ridge: float | None = None, *, auto: bool = True
) -> list[str]:
    """Return a list with a sentence on too few samples, or an empty list if there are enough.

    A ridge of the order of neurons over samples makes up for few samples. `auto` says whether the
    caller can choose one by "auto".
    """
    usual = n_neurons / max(1, n_samples)
    if n_samples >= SAMPLES_PER_NEURON * n_neurons or (ridge or 0.0) >= ENOUGH_RIDGE * usual:
        return []
    way_out = 'take more samples, or ridge="auto"' if auto else "take more samples"
    if ridge is not None:
        way_out = (
            f"take more samples, or a ridge of the order of {usual:.2g} instead of {ridge:.2g}"
        )
    return [
        f"{n_samples} samples for {n_neurons} neurons on the larger side: with fewer than "
        f"{SAMPLES_PER_NEURON} samples for each neuron ({SAMPLES_PER_NEURON * n_neurons} here) "
        f"unrelated neurons match in part by chance: {way_out}"
    ]


def warn_if_undersampled(
    n_samples: int,
    n_neurons: int,
    ridge: float | None = None,
    *,
    auto: bool = True,
    depth: int = 1,
) -> None:
    """Warn the caller of the public function, which is `depth` calls above this one.

    `n_neurons` is that of the larger side. `auto` says whether the function takes ridge="auto".
    """
    _warn(explain_too_few(n_samples, n_neurons, ridge, auto=auto), depth)


def warn_if_by_chance(problem: Problem, eps: float) -> None:
    """Warn the caller of the public function that calls this and asks for the maximum match."""
    gram, ridge = problem.gram, problem.ridge
    chance = find_living_median(*core.chance(gram, problem.center, ridge))
    reasons = explain_too_few(gram.n_samples, max(problem.widths), ridge)
    # With a ridge unrelated neurons lie above the computed level. Nulls measure by how much.
    if ridge is None and eps >= chance:
        reasons.append(
            f"eps = {eps:.4g} is at or above the median chance level {chance:.4g}, the residual "
            "to expect of unrelated neurons"
        )
    _warn(reasons, depth=1)


@contextmanager
def silence_undersampled_warnings() -> Iterator[None]:
    """Silence warnings of too few samples, for callers that report them otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndersampledWarning)
        yield


def _warn(reasons: list[str], depth: int) -> None:
    if reasons:
        warnings.warn("; ".join(reasons), UndersampledWarning, stacklevel=depth + 3)

"""When a match says little: too few samples, or an ε that unrelated neurons reach too."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import spanmatch._core as core
from spanmatch.base.errors import UndersampledWarning
from spanmatch.results.spectrum import find_living_median

SAMPLES_PER_NEURON = 5


def explain_too_few(n_samples: int, n_neurons: int) -> list[str]:
    """Return a sentence, or none where the samples are enough for the larger side's neurons."""
    if n_samples >= SAMPLES_PER_NEURON * n_neurons:
        return []
    return [
        f"{n_samples} samples for {n_neurons} neurons on the larger side: at fewer than "
        f"{SAMPLES_PER_NEURON} samples a neuron ({SAMPLES_PER_NEURON * n_neurons} here) "
        "unrelated neurons match in part by chance"
    ]


def warn_if_undersampled(n_samples: int, n_neurons: int, *, depth: int = 1) -> None:
    """Warn the caller of the public function, which is `depth` calls above this one.

    `n_neurons` is that of the larger side.
    """
    _warn(explain_too_few(n_samples, n_neurons), depth)


def warn_if_by_chance(gram: core.Gram, eps: float, center: bool) -> None:
    """Warn the caller of the public function that calls this and asks for the maximum match."""
    chance = find_living_median(*core.chance(gram, center))
    reasons = explain_too_few(gram.n_samples, max(gram.n_x, gram.n_y))
    if eps >= chance:
        reasons.append(
            f"eps = {eps:.4g} is at or above the median chance level {chance:.4g}, the residual "
            "to expect of unrelated neurons"
        )
    _warn(reasons, depth=1)


@contextmanager
def silence_undersampled_warnings() -> Iterator[None]:
    """Say nothing of too few samples, where it is said otherwise."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndersampledWarning)
        yield


def _warn(reasons: list[str], depth: int) -> None:
    if reasons:
        warnings.warn("; ".join(reasons), UndersampledWarning, stacklevel=depth + 3)

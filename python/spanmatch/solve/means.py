"""The part of a match without centring that is due to the means of its neurons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core
from spanmatch.pair.pair import read_gram

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.spectrum import MatchSpectrum

EPS = 0.3
"""A small ε, at which a match counts as shared."""
NOTE = (
    f"more than half of the match at ε = {EPS:g} is owed to means, since these neurons are nearly "
    "constant: compare with center=True (--center)"
)


@dataclass(frozen=True)
class OwedToMeans:
    """How many of the neurons that match at ε = 0.3 match because of their means.

    Such a neuron is nearly constant: mean² > variance. And it is not in the maximum match at the
    same ε once means are subtracted. So a neuron that is always on, but also varies alike in both
    networks, is not counted.
    """

    matched: int
    """The number of neurons that match."""
    owed: int
    """The number of these that match because of their means."""

    @property
    def is_most(self) -> bool:
        """Whether more than half match because of their means."""
        return 2 * self.owed > self.matched


def find_owed_to_means(pair: ActivationPair, spectrum: MatchSpectrum) -> OwedToMeans:
    """Count the neurons that match at ε = 0.3 because of means, given the uncentred spectrum."""
    match = spectrum.match(EPS)
    if len(match) == 0:
        return OwedToMeans(0, 0)
    gram = read_gram(pair, None)
    constant = _find_nearly_constant(gram)
    x, y = match.x[constant[: gram.n_x][match.x]], match.y[constant[gram.n_x :][match.y]]
    # The centred match takes time, so it is computed only if it can change the answer.
    if 2 * (x.size + y.size) <= len(match):
        return OwedToMeans(len(match), 0)
    (centred_x, centred_y), _ = core.maximum_match(gram, EPS, True, spectrum.ridge)
    owed = np.setdiff1d(x, centred_x).size + np.setdiff1d(y, centred_y).size
    return OwedToMeans(len(match), owed)


def explain_means(pair: ActivationPair, spectrum: MatchSpectrum, *, center: bool) -> str:
    """Return a note if most of a match is due to means, the same for every pair; else ""."""
    return NOTE if not center and find_owed_to_means(pair, spectrum).is_most else ""


def _find_nearly_constant(gram: core.Gram) -> NDArray[np.bool_]:
    """Tell for each neuron, x then y, whether its mean is larger than its deviation."""
    n_samples = gram.n_samples
    *_, shift, sums, _, products = gram.parts()
    # The sums are those of rows less a shift near the mean, so that no digits are lost here.
    offset = sums / n_samples
    variance = products.diagonal() / n_samples - offset**2
    return np.asarray((shift + offset) ** 2 > variance)

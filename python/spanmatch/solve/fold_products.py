"""Products of all neurons on some folds, beside those on the others: fit on these, judge on those.

Columns are scaled to unit length on the folds that are fitted on, as a match scales them on all
data. Centred, means are those of the folds that are fitted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.pair.products import find_gram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    import spanmatch._core as core
    from spanmatch.results.result import Floats, Indices


@dataclass(frozen=True)
class Split:
    """Two parts of the data: what is fitted on, and what is left out.

    The products are of those neurons that live where is fitted, x first.
    """

    gram: core.Gram
    """The sums of what is fitted on."""
    fitted: Floats
    """Products there: of unit columns."""
    left_out: Floats
    """Products of what is left out, in the same units and about the same means."""
    live: Indices
    """The columns of these neurons, those of y counted after all of x."""
    norms: Floats
    """Of every neuron, dead ones too, the length that is 1 in the products; 0 where dead."""
    energy: Floats
    """Of every neuron its squares on what is left out, as they are."""

    def find(self, columns: Indices) -> Indices:
        """Return the places in the products of those of some neurons that live."""
        return np.flatnonzero(np.isin(self.live, columns))


def list_splits(gram: core.Gram, center: bool, groups: int | None = None) -> Iterator[Split]:
    """Yield a split for every fold, left out in turn, or for folds pooled to so many groups.

    Raises
    ------
    ValueError
        A fold has no items; where folds are pooled, all but one.
    """
    has_items = np.array(gram.fold_samples) > 0
    group, enough = np.arange(has_items.size), has_items.all()
    if groups is not None:
        group = (np.cumsum(has_items) - 1).clip(0) % max(1, min(groups, has_items.sum()))
        enough = has_items.sum() > 1
    if groups is not None and not enough:
        raise ValueError(
            f"choosing a ridge needs two items at least, got {gram.n_items}: give a number, as "
            "ridge=0.1"
        )
    if not enough:
        raise ValueError(
            f"{gram.n_items} items are too few for {has_items.size} folds, of which some got none: "
            "take more data, or fewer folds"
        )
    for left_out in range(group.max() + 1):
        yield _split(gram, group == left_out, center)


def _split(gram: core.Gram, is_left_out: NDArray[np.bool_], center: bool) -> Split:
    fitted_gram = gram.of_folds((~is_left_out).astype(int).tolist(), center)
    # A neuron that does not vary on what is left out has a mean there all the same.
    left_out_gram = gram.of_folds(is_left_out.astype(int).tolist(), False)
    fitted = find_gram(fitted_gram, center=center)
    left_out = find_gram(left_out_gram, center=center)
    if center:
        # Of a constant neuron the sums of centred columns keep no mean.
        whole = gram.of_folds((~is_left_out).astype(int).tolist(), False)
        off = _find_means(left_out_gram) - _find_means(whole)
        left_out += np.outer(off * left_out_gram.n_samples, off)
    norms = np.sqrt(np.maximum(fitted.diagonal(), 0.0))
    live = np.flatnonzero(norms)
    energy = left_out.diagonal().copy()
    scale = 1.0 / norms[live]
    if live.size < norms.size:
        fitted, left_out = (each[np.ix_(live, live)] for each in (fitted, left_out))
    for products in (fitted, left_out):
        products[:] *= scale
        products[:] *= scale[:, None]
    return Split(fitted_gram, fitted, left_out, live, norms, energy)


def _find_means(gram: core.Gram) -> Floats:
    _, _, n_samples, shift, sums, _, _ = gram.parts()
    return np.asarray(shift + sums / n_samples)

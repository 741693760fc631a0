"""Products of all neurons on the folds of a fit, and on the folds that are left out.

A match scales columns to unit length on all data. Here they have unit length on the folds of the
fit. With centring, the means are those of the folds of the fit.
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
    """The two parts of a split: the folds of the fit, and the folds that are left out.

    The products are those of the neurons that live on the folds of the fit, x first.
    """

    gram: core.Gram
    """The sums of the folds of the fit."""
    fitted: Floats
    """The products of unit columns on the folds of the fit."""
    left_out: Floats
    """The products on the folds left out, in the same units and about the same means."""
    live: Indices
    """The columns of the living neurons, with those of y counted after all of x."""
    norms: Floats
    """The length of every neuron on the folds of the fit; 0 for a dead neuron."""
    energy: Floats
    """The sum of squares of every neuron on the folds left out, not scaled."""

    def find(self, columns: Indices) -> Indices:
        """Return the rows in the products that belong to these neurons, without dead ones."""
        return np.flatnonzero(np.isin(self.live, columns))


def list_splits(gram: core.Gram, center: bool, groups: int | None = None) -> Iterator[Split]:
    """Yield a split for every fold, left out in turn, or for folds pooled into `groups` groups.

    Raises
    ------
    ValueError
        A fold has no items; or, if folds are pooled, only one has items.
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
    # Do not centre here, since a neuron that is constant on the folds left out still has a mean.
    left_out_gram = gram.of_folds(is_left_out.astype(int).tolist(), False)
    fitted = find_gram(fitted_gram, center=center)
    left_out = find_gram(left_out_gram, center=center)
    if center:
        # Sums of centred columns do not keep the mean of a constant neuron.
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

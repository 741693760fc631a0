"""The Gram matrix of a pair whose sides are exchanged."""

from __future__ import annotations

import numpy as np

import spanmatch._core as core


def mirror_gram(gram: core.Gram) -> core.Gram:
    """Return the sums of the pair (y, x) of what is the pair (x, y).

    Its nulls are those of the mirrored roll: where row i of x met row i + k of y, row i of y meets
    row i - k of x.
    """
    n_x, n = gram.n_x, gram.n_x + gram.n_y
    if gram.n_samples == 0:
        return gram.copy()
    order = np.roll(np.arange(n), -n_x)

    def mirror_parts(parts: core._Parts) -> core._Parts:
        _, n_batches, n_samples, shift, sums, spread, products = parts
        vectors = shift[order], sums[order], spread[order]
        return n - n_x, n_batches, n_samples, *vectors, products[np.ix_(order, order)]

    replicates, norms = gram.replicates(), gram.norms()
    if replicates is not None:
        seed, n_items, rolls, nulls, folds = replicates
        mirrored = np.ascontiguousarray(nulls.transpose(0, 2, 1))
        replicates = seed, n_items, rolls, mirrored, [mirror_parts(fold) for fold in folds]
    if norms is not None:
        # After the neurons come the norms of x and of y themselves.
        rows = np.concatenate([order, [n + 1, n]])
        own, of_nulls, of_folds = norms
        norms = (
            np.ascontiguousarray(own[rows][:, ::-1]),
            np.ascontiguousarray(of_nulls[:, [*order, n]]),
            np.ascontiguousarray(of_folds[:, rows][:, :, ::-1]),
        )
    return core.Gram.from_parts(mirror_parts(gram.parts()), replicates, norms)

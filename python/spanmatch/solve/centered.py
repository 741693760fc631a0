"""The products of centred columns, on which all measures depend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spanmatch._core as core

if TYPE_CHECKING:
    from spanmatch.results.result import Floats


def center_products(gram: core.Gram) -> Floats:
    """Return the products of the centred columns, x then y.

    A column that varies by so little that its squares underflow raises ValueError.
    """
    products = gram.centered()
    small = products.diagonal() < np.finfo(np.float64).tiny * gram.n_samples
    if small.any() and not np.isnan(np.concatenate(core.chance(gram, True, None))[small]).all():
        # The neuron is not dead, so its squares underflowed. Any call of the core raises the error.
        nothing = np.empty(0, np.int64)
        core.is_match(gram, 0.0, nothing, nothing, True, None)
    return products

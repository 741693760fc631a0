"""The centred sides of two arrays or a pair, as the measures need them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.pair.pair import read_gram
from spanmatch.solve.centered import center_products
from spanmatch.solve.side_factors import factor_sides
from spanmatch.solve.undersampled import warn_if_undersampled

if TYPE_CHECKING:
    import spanmatch._core as core
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.pair.types import Samples
    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides


def read_sides(
    x: Samples | ActivationPair, y: Samples | None, progress: bool
) -> tuple[Sides, Floats] | None:
    """Return the sides and the products between them; None if a side has no variance.

    If there are few samples, it warns the caller of the public function that calls this one.
    """
    return center_sides(read_gram(x, y, progress), depth=3)


def center_sides(
    gram: core.Gram, *, warns: bool = True, depth: int = 2
) -> tuple[Sides, Floats] | None:
    """Return the sides of a Gram matrix; with `warns`, warn `depth` calls above of few samples."""
    products, n_x = center_products(gram), gram.n_x
    sides = factor_sides(products, n_x)
    if warns:
        warn_if_undersampled(gram.n_samples, max(gram.n_x, gram.n_y), auto=False, depth=depth)
    return None if sides is None else (sides, products[:n_x, n_x:])

"""The measures that `measures` computes only if they are asked for by name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from spanmatch.base.arguments import as_choice
from spanmatch.solve.gulp_distance import find_gulp_distance
from spanmatch.solve.ridge_cca import find_ridge_cca
from spanmatch.solve.shape_distance import find_shape_distance
from spanmatch.solve.soft_matching import find_soft_matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.results.result import Floats
    from spanmatch.solve.side_factors import Sides

NAMED: dict[str, Callable[[Sides, Floats], float]] = {
    "gulp_distance": find_gulp_distance,
    "ridge_cca": find_ridge_cca,
    "shape_distance": find_shape_distance,
    "soft_matching": find_soft_matching,
}


def as_names(also: Iterable[str]) -> tuple[str, ...]:
    """Return the names in order without repeats, or raise an error that lists all names."""
    if isinstance(also, str):
        raise TypeError(f"`also` must be names, in a tuple or list: pass ({also!r},)")
    if not isinstance(also, Iterable):
        raise TypeError(f"`also` must be names, in a tuple or list, got {type(also).__name__}")
    return tuple(dict.fromkeys(as_choice(name, NAMED, "a name in `also`") for name in also))

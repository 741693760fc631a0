"""Names of neurons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from spanmatch.pair.types import Side

Names: TypeAlias = "tuple[tuple[str, ...] | None, tuple[str, ...] | None]"
"""Of x and of y, where given."""


def as_names(names: Iterable[str] | None, side: Side) -> tuple[str, ...] | None:
    """Return `names` as a tuple of strings."""
    if names is None:
        return None
    found = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else (None,)
    if not all(isinstance(name, str) for name in found):
        raise TypeError(f"{side}_names must be a list of strings, one for each neuron of {side}")
    return tuple(map(str, found))


def check_counts(names: Names, n_x: int, n_y: int) -> None:
    """Raise where sides of these widths have another number of names."""
    for side, known, width in (("x", names[0], n_x), ("y", names[1], n_y)):
        if known is not None and len(known) != width:
            raise ValueError(f"{side} has {width} neurons, but {side}_names names {len(known)}")


def merge_names(mine: Names, theirs: Names) -> Names:
    """Return the names that either knows; where both do, they must agree."""
    return _merge_side(mine[0], theirs[0], "x"), _merge_side(mine[1], theirs[1], "y")


def _merge_side(
    mine: tuple[str, ...] | None, theirs: tuple[str, ...] | None, side: Side
) -> tuple[str, ...] | None:
    if mine is None or theirs is None:
        return theirs if mine is None else mine
    if mine != theirs:
        at = next((at for at, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), None)
        where = (
            f"{len(mine)} and {len(theirs)} names"
            if at is None
            else (f"{mine[at]!r} and {theirs[at]!r} for neuron {at}")
        )
        raise ValueError(f"the pairs name the neurons of {side} differently: {where}")
    return mine

"""Names of neurons."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Names: TypeAlias = "tuple[tuple[str, ...] | None, ...]"
"""The names of the neurons of each side; None if they were not given."""


class Label(NamedTuple):
    """The name of a side in errors, and of the argument with the names of its neurons."""

    side: str
    names: str


PAIR = (Label("x", "x_names"), Label("y", "y_names"))


def as_names(names: Iterable[str] | None, label: Label) -> tuple[str, ...] | None:
    """Return `names` as a tuple of strings."""
    if names is None:
        return None
    found = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else (None,)
    if not all(isinstance(name, str) for name in found):
        raise TypeError(
            f"{label.names} must be a list of strings, one for each neuron of {label.side}"
        )
    return tuple(map(str, found))


def check_counts(names: Names, widths: Sequence[int], labels: Sequence[Label] = PAIR) -> None:
    """Raise ValueError if a side has another number of names than neurons."""
    for label, known, width in zip(labels, names, widths, strict=True):
        if known is not None and len(known) != width:
            raise ValueError(
                f"{label.side} has {width} neurons, but {label.names} names {len(known)}"
            )


def merge_names(mine: Names, theirs: Names, labels: Sequence[Label] = PAIR) -> Names:
    """Return the names of one or the other; if both have names, they must be equal."""
    sides = zip(mine, theirs, labels, strict=True)
    return tuple(_merge_side(one, other, label.side) for one, other, label in sides)


def _merge_side(
    mine: tuple[str, ...] | None, theirs: tuple[str, ...] | None, side: str
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
        raise ValueError(f"both name the neurons of {side} differently: {where}")
    return mine

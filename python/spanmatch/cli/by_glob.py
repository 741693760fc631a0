"""Options with one value for all layers, or with GLOB=VALUE for the layers that a glob matches."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from spanmatch.cli.exit_codes import WrongUsage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Value = TypeVar("Value")
Axes: TypeAlias = "int | tuple[int, ...]"


def parse_axes(given: Sequence[str] | None) -> Axes | dict[str, Axes] | None:
    """Return the neurons' axes of `--axis`, given once for all layers, or once for each glob.

    >>> parse_axes(["-1"]), parse_axes(["*.heads=2,3", "*=1"])
    (-1, {'*.heads': (2, 3), '*': 1})
    """
    return _parse("--axis", "N", given, _parse_axes_of_one)


def parse_masks(given: Sequence[str] | None) -> str | dict[str, str | None] | None:
    """Return the keys of `--mask`; a glob with nothing after = has no mask.

    >>> parse_masks(["padding"]), parse_masks(["encoder.*=padding", "pooler="])
    ('padding', {'encoder.*': 'padding', 'pooler': None})
    """
    return _parse("--mask", "KEY", given, lambda text: text or None)


def _parse(
    option: str, metavar: str, given: Sequence[str] | None, parse: Callable[[str], Value]
) -> Value | dict[str, Value] | None:
    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return parse(given[0])
    found: dict[str, Value] = {}
    for text in given:
        # The value holds no equals sign, so the last one ends the glob.
        glob, equals, value = text.rpartition("=")
        if not equals or not glob:
            raise WrongUsage(
                f"{option} takes one {metavar} for all layers, or GLOB={metavar}, repeated as "
                f"needed ('*={metavar}' comes last, for the rest), not {text!r}"
            )
        if glob in found:
            raise WrongUsage(f"{option} is given twice for {glob!r}: leave one out")
        found[glob] = parse(value)
    return found


def _parse_axes_of_one(text: str) -> Axes:
    try:
        axes = tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUsage(
            f"--axis takes a whole number, or several separated by commas, such as 2,3, not "
            f"{text!r}; GLOB=N applies to the layers that a glob matches"
        ) from error
    return axes if len(axes) > 1 else axes[0]

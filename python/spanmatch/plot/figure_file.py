"""Figures as files: .png, .svg or .pdf."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from spanmatch.base.atomic import replacing

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from matplotlib.figure import Figure

Shown = TypeVar("Shown")

SUFFIXES = (".png", ".svg", ".pdf")


def draw_figure(
    shown: Shown, load: Callable[[], Callable[[Shown], Figure]], path: str | PathLike[str] | None
) -> Figure:
    """Return the figure of a result, and write it to `path` if that is given.

    `load` imports the function that draws it, and so matplotlib, which may be missing.
    """
    try:
        draw = load()
    except ImportError as error:
        raise ImportError("plot needs matplotlib: pip install 'spanmatch[cli]'") from error
    if path is not None:
        check_suffix(Path(path))
    figure = draw(shown)
    if path is not None:
        save_figure(figure, Path(path))
    return figure


def check_suffix(path: Path) -> None:
    """Raise ValueError if a picture cannot be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a picture's name ends in .png, .svg or .pdf, not as {path} does")


def save_figure(figure: Figure, path: Path) -> None:
    """Write a figure in the format of the suffix; `path` is never left half written."""
    check_suffix(path)
    kind = path.suffix.lower().removeprefix(".")
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format=kind, dpi=150, facecolor="white")

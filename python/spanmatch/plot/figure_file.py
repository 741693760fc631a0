"""Figures as files: .png, .svg or .pdf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.atomic import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".pdf")


def check_suffix(path: Path) -> None:
    """Raise ValueError where a picture cannot be written under this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a picture's name ends in .png, .svg or .pdf, not as {path} does")


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as its suffix says; `path` is never left half written."""
    check_suffix(path)
    kind = path.suffix.lower().removeprefix(".")
    with replacing(path) as unfinished:
        figure.savefig(unfinished, format=kind, dpi=150, facecolor="white")

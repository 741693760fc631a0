"""Errors and warnings of the package, and how they say where."""

from __future__ import annotations

import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spanmatch.base.shown_text import show_controls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from types import FrameType

PACKAGE = __name__.partition(".")[0]


class FileError(ValueError):
    """A file that is cut short, of another kind than was asked for, or of a newer format."""

    def __str__(self) -> str:
        # It tells what a file holds, which may be what a terminal obeys.
        return show_controls(super().__str__())


class FolderInUseError(ValueError):
    """Another process, or another thread, is at work in a folder of results."""


class DeviceError(RuntimeError):
    """A device failed: it is out of memory, or lost."""


class UndersampledWarning(UserWarning):
    """The samples are too few, or ε is too large, for a match to tell likeness from chance."""


class RaisedResolutionWarning(UserWarning):
    """Rounding left no answer at the resolution δ that so many neurons have: it was raised."""


class RidgeWarning(UserWarning):
    """The ridge that `ridge="auto"` chose is at an edge of its grid, or one given is very small."""


class UndefinedWarning(UserWarning):
    """A measure has no value for what it was given, and is nan."""


def describe_damage(path: str | PathLike[str], why: object, way_out: str = "") -> FileError:
    """Return the error of a file that does not hold what it should."""
    if way_out:
        return FileError(f"{path} is damaged ({why}): {way_out}")
    return FileError(f"{path} is damaged: {why}")


@contextmanager
def prefix_errors(
    where: str, kinds: tuple[type[Exception], ...] = (TypeError, ValueError)
) -> Iterator[None]:
    """Let errors of these kinds begin with where they were raised.

    They come out as the kind itself: a subclass may be made of other things than a message.
    """
    try:
        yield
    except kinds as error:
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"{where}: {error}") from error


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line, outside of the package, that called into it, through however many calls.

    Where the package calls another library that calls it back, as a model does its hooks, that is
    the line which began it all.
    """
    caller = sys._getframe()
    frame: FrameType | None = caller
    while frame is not None:
        if _is_of_package(frame):
            caller = frame.f_back or frame
        frame = frame.f_back
    warnings.warn_explicit(
        show_controls(message),
        category,
        caller.f_code.co_filename,
        caller.f_lineno,
        caller.f_globals.get("__name__"),
        caller.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_of_package(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] == PACKAGE

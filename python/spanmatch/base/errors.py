"""The package's own errors and warnings, and how messages say where they come from."""

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
    """A file is cut short, damaged, of another kind than was asked for, or of a newer format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import spanmatch as sm
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "pair.safetensors")
    ...     _ = path.write_bytes(b"cut short")
    ...     try:
    ...         sm.load(path)
    ...     except sm.FileError:
    ...         print("compute it again")
    compute it again
    """

    def __str__(self) -> str:
        # A message may quote the file, which may hold control sequences of a terminal.
        return show_controls(super().__str__())


class FolderInUseError(ValueError):
    """Another process or thread is writing to the same folder of results."""


class DeviceError(RuntimeError):
    """A GPU ran out of memory or was lost."""


class UndersampledWarning(UserWarning):
    """There are too few samples, or ε is too large, to tell a match from chance.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x, y = np.random.default_rng(0).standard_normal((2, 20, 10))
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = sm.spectrum(x, y)
    >>> caught[0].category.__name__
    'UndersampledWarning'
    """


class RaisedResolutionWarning(UserWarning):
    """Rounding left no answer at the usual resolution δ, so δ was raised."""


class RidgeWarning(UserWarning):
    """The ridge that `ridge="auto"` chose lies at the edge of the values that it tries."""


class UndefinedWarning(UserWarning):
    """A measure is not defined for these samples, and is nan."""


def describe_damage(path: str | PathLike[str], why: object, way_out: str = "") -> FileError:
    """Return the error for a damaged file; `way_out` says what to do."""
    if way_out:
        return FileError(f"{path} is damaged ({why}): {way_out}")
    return FileError(f"{path} is damaged: {why}")


@contextmanager
def prefix_errors(
    where: str, kinds: tuple[type[Exception], ...] = (TypeError, ValueError)
) -> Iterator[None]:
    """Begin the messages of these kinds of errors with the place where they were raised.

    Subclasses are raised again as the kind itself, since their constructors may take more than a
    message.
    """
    try:
        yield
    except kinds as error:
        kind = next(kind for kind in kinds if isinstance(error, kind))
        raise kind(f"{where}: {error}") from error


def warn_user(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside the package that called it.

    If the package calls another library that calls it back, as a model calls its hooks, this is the
    outermost such line.
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

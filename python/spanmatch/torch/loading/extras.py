"""Packages of the extras of spanmatch, which may not be installed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def explain_missing(package: str, extra: str) -> Iterator[None]:
    """Import a package that may be missing; the error names the extra that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"this needs {package}: pip install 'spanmatch[{extra}]'"
        raise ImportError(message, name=error.name) from error

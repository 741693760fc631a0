"""Packages that may not be installed: those of the extras of spanmatch."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def explain_missing(package: str, extra: str) -> Iterator[None]:
    """Import a package that may not be there: what is raised names the extra that brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f"this needs {package}: pip install 'spanmatch[{extra}]'"
        raise ImportError(message, name=error.name) from error

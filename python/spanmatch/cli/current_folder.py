"""Modules of the user, imported from the current folder."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.torch.loading.factories import SEARCHED_LAST

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def importing_from_here() -> Iterator[None]:
    """Let `package.module:factory` be found in the current folder, if it is nowhere else.

    The folder joins the search path only when such a factory is imported, and as its last entry: a
    file there that has the name of a library must not run in its place.
    """
    here, before = str(Path.cwd()), list(sys.path)
    token = SEARCHED_LAST.set(here)
    try:
        yield
    finally:
        SEARCHED_LAST.reset(token)
        if here in sys.path and here not in before:
            sys.path.remove(here)

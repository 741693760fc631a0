"""Checkpoints with the same content, under two names or in two places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.torch.loading.digests import hash_named_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find_identical(files: Mapping[str, str | None]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of names, of two or more, whose files hold the same bytes.

    Only files of equal size are read. For the index of a checkpoint in several files, all of these
    are read.

    Parameters
    ----------
    files
        The files by name, in the order of the groups and of the names in them; None for no file.

    Raises
    ------
    OSError
        A file cannot be read.
    """
    sizes = {name: Path(file).stat().st_size for name, file in files.items() if file is not None}
    return tuple(
        group
        for alike in _group(sizes.items())
        for group in _group((name, hash_named_file(files[name])) for name in alike)
    )


def _group(items: Iterable[tuple[str, object]]) -> list[tuple[str, ...]]:
    """Return groups of two or more names that have the same value."""
    names: dict[object, list[str]] = {}
    for name, thing in items:
        names.setdefault(thing, []).append(name)
    return [tuple(group) for group in names.values() if len(group) > 1]

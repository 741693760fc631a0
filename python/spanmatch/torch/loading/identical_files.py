"""Checkpoints with the same content, under two names or in two places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.torch.loading.digests import hash_named_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def find_identical(files: Mapping[str, str | None]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of names, of two or more, whose files hold the same bytes.

    Only files of one size are read. Of the index of a checkpoint in several files all of them are.

    Parameters
    ----------
    files
        By name, in the order that groups and the names in them come in; None: it has none.

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
    """Return the names, of two or more, that go with the same thing."""
    names: dict[object, list[str]] = {}
    for name, thing in items:
        names.setdefault(thing, []).append(name)
    return [tuple(group) for group in names.values() if len(group) > 1]

"""Hashes of the files that models, checkpoints and data are named by."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from spanmatch.base.regular_file import check_regular
from spanmatch.torch.loading.calls import split_call
from spanmatch.torch.loading.shards import is_index, read_index

BLOCK = 1 << 20


def hash_named_file(name: str | None) -> str | None:
    """Return the SHA-256 of the file that a name names: itself, as in npz:FILE, in file.py:factory.

    Of the index of a checkpoint in several files it is that of all of them. None of folders, and of
    modules that are imported by name: their content is not looked at.
    """
    if name is None:
        return None
    path = _find_file(name)
    if path is None:
        return None
    digest = sha256()
    for each in (path, *(read_index(path) if is_index(path) else ())):
        check_regular(each)
        with each.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _find_file(name: str) -> Path | None:
    parts = [name, name.partition(":")[2], name.rpartition(":")[0]]
    # What cannot be read as a call is told where it is called.
    with suppress(ValueError):
        parts.append(split_call(name)[0].rpartition(":")[0])
    return next((Path(part) for part in parts if part and Path(part).is_file()), None)

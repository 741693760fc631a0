"""Hashes of the files in the names of models, checkpoints and data."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from spanmatch.base.regular_file import check_regular
from spanmatch.torch.loading.calls import split_call
from spanmatch.torch.loading.shards import is_index, read_index

BLOCK = 1 << 20


def hash_named_file(name: str | None) -> str | None:
    """Return the SHA-256 of the file in a name: a path, npz:FILE, or file.py:factory.

    For the index of a checkpoint in several files, it covers all of these. Return None for folders,
    and for modules that are imported by name, whose content is not read.
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
    # A wrong call is an error where the name is loaded.
    with suppress(ValueError):
        parts.append(split_call(name)[0].rpartition(":")[0])
    return next((Path(part) for part in parts if part and Path(part).is_file()), None)

"""Checks of files of torch.save that need no unpickling, before torch reads them."""

from __future__ import annotations

import tarfile
import zipfile
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError, describe_damage
from spanmatch.pair.array_files.formats import explain_damage
from spanmatch.torch.loading.pickled_tuples import PICKLES, check_tuples

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"PK\x03\x04"  # by which torch knows an archive
SCRIPT = "constants.pkl"  # which archives of TorchScript hold, and no others
WAY_OUT = "save the weights alone: torch.save(model.state_dict(), path)"


def check_saved(path: Path) -> None:
    """Raise FileError for files that are programs, or that unpack to more than their size.

    Versions of torch before 2.6 ran the code in the first two, even with `weights_only`.

    Raises
    ------
    OSError
        The file cannot be read.
    spanmatch.FileError
        The file is an archive of tar or of TorchScript; or it holds a name twice, compressed
        members, or members that are larger than the file.
    """
    with path.open("rb") as file:
        is_archive = file.read(len(MAGIC)) == MAGIC
    if is_archive:
        with explain_damage(f"{path} is damaged"):
            _check_members(path)
    elif _is_tar(path):
        raise FileError(f"{path} is a tar archive, as torch wrote before 2017: {WAY_OUT}")
    else:
        with (
            explain_damage(f"{path} is damaged, or no file of torch.save"),
            path.open("rb") as file,
        ):
            check_tuples(file, PICKLES)


def _check_members(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    # torch ignores case in names.
    names = [member.filename.casefold() for member in members]
    if len(set(names)) < len(names):
        raise describe_damage(path, "a name is there twice", WAY_OUT)
    if any(name.rpartition("/")[2] == SCRIPT for name in names):
        raise FileError(f"{path} is an archive of TorchScript, which is a program: {WAY_OUT}")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise FileError(f"{path} is a packed archive, which torch.save never writes: {WAY_OUT}")
    with zipfile.ZipFile(path) as archive:
        for member in members:
            if member.filename.casefold().endswith(".pkl"):
                with archive.open(member) as file:
                    check_tuples(file)
    total, size = sum(member.file_size for member in members), path.stat().st_size
    if total > size:
        raise describe_damage(path, f"its members have {total} bytes, and it {size}", WAY_OUT)


def _is_tar(path: Path) -> bool:
    try:
        with tarfile.open(path, "r:"):
            return True
    except tarfile.TarError:
        return False

"""Arrays in files, read some rows at a time, so that memory does not grow with the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spanmatch.base.errors import FileError
from spanmatch.pair.array_files.formats import WHOLE, StoredArray, explain_damage, find_arrays
from spanmatch.pair.array_files.stored_values import check_length, read_row_blocks
from spanmatch.pair.samples import as_samples
from spanmatch.pair.types import BFloat16

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from spanmatch.pair.types import Samples, Side


@dataclass(frozen=True)
class ArrayFile:
    """An array of samples × neurons in a file."""

    path: Path
    key: str
    stored: StoredArray

    @property
    def shape(self) -> tuple[int, int]:
        """The number of samples and of neurons."""
        n_samples, n_neurons = self.stored.shape
        return n_samples, n_neurons

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values; for bfloat16 it is uint16, the type of their bits."""
        return self.stored.dtype

    def __str__(self) -> str:
        return f"{self.path}: {self.key}" if self.key else str(self.path)

    def read_batches(self, rows: int) -> Iterator[Samples]:
        """Yield batches of this number of rows, and in the last batch the rows that are left.

        Use each batch before you take the next, which may overwrite it.

        Raises
        ------
        OSError
            The file cannot be read.
        FileError
            The file is damaged, or has changed since it was opened.
        """
        if find_arrays(self.path).get(self.key) != self.stored:
            raise FileError(f"{self} has changed since it was opened: read it when it is whole")
        with explain_damage(str(self)):
            for batch in read_row_blocks(self.path, self.stored, rows):
                yield BFloat16(batch) if self.stored.bfloat16 else batch


def open_array(path: str | os.PathLike[str], key: str | None = None, side: Side = "x") -> ArrayFile:
    """Open an array of floats, samples × neurons, in a .npy, .npz or .safetensors file.

    Parameters
    ----------
    path
        The file.
    key
        The key of the array; not needed if the file has only one.
    side
        The side that errors name.

    Raises
    ------
    OSError
        The file cannot be read.
    FileError
        The file has another suffix, is damaged or cut short; there is no such array, or there are
        several and no key is given; the array does not hold floats, does not have two axes, or has
        no rows.
    """
    path = Path(path)
    array = ArrayFile(path, *_choose_array(path, find_arrays(path), key, side))
    stored = array.stored
    try:
        kind = np.dtype(np.float32) if stored.bfloat16 else stored.dtype
        as_samples(np.broadcast_to(np.zeros((), kind), stored.shape), side)
    except (TypeError, ValueError) as error:
        raise FileError(f"{array}: {error}") from error
    check_length(stored, str(array))
    if stored.shape[0] == 0:
        raise FileError(f"{array} has no rows: at least one sample is needed")
    if stored.member is not None and stored.member.packed and stored.fortran:
        raise FileError(
            f"{array} is compressed column by column, so that its rows cannot be read one after "
            "the other: save it with np.savez, or as np.ascontiguousarray(array)"
        )
    return array


def _choose_array(
    path: Path, arrays: dict[str, StoredArray], key: str | None, side: Side
) -> tuple[str, StoredArray]:
    if key is None and len(arrays) == 1:
        return next(iter(arrays.items()))
    if key is not None and key in arrays and key != WHOLE:
        return key, arrays[key]
    if list(arrays) == [WHOLE]:
        raise FileError(f"{path} holds one array, without a key: leave out --{side} {key}")
    held = "".join(f"\n  {name}: {stored}" for name, stored in arrays.items()) or " nothing"
    if key is None:
        raise FileError(
            f"{path} holds several arrays, or none: choose one by --{side} KEY; it holds{held}"
        )
    raise FileError(f"{path} holds no array {key!r}; it holds{held}")

"""The base class of results, which are immutable, picklable, comparable and can be saved."""

from __future__ import annotations

from dataclasses import fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from spanmatch.base.constants import RESOLUTION
from spanmatch.results import result_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from numpy.typing import ArrayLike
    from typing_extensions import Self

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

KINDS = {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}
"""The kinds of numpy arrays that may be given for each kind of array that a result keeps."""


class Result:
    """A dataclass with equality of arrays, read-only arrays after unpickling, and files.

    Reading a file relies on the annotated types of the fields. They may be integers, floats, texts,
    arrays, tuples of two arrays or of texts, mappings from names to floats, or other results, which
    may be None.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as numbers and lists, from which the class makes an equal result."""
        return {name: _make_plain(value) for name, value in self._list_fields()}

    def save(self, path: str | PathLike[str]) -> None:
        """Write the result to a safetensors file.

        Arrays become tensors, and everything else metadata. The file appears under its name only
        once it is complete.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        self._write(path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a result of this class from a file that `save` has written, exact to the bit.

        Raises
        ------
        OSError
            The file cannot be read.
        FileError
            The file is cut short, of another kind, or of a newer format. This is a ValueError.
        """
        result: Self = result_file.read(path, cls)
        return result

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        # Fields that only record how a result was found, such as δ of a match, are not compared.
        compared = [field.name for field in fields(self) if field.compare]  # type: ignore[arg-type]
        return all(_are_equal(getattr(self, name), getattr(other, name)) for name in compared)

    # Results hold arrays, so they have no hash, like arrays.
    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        # A read-only view of a mapping cannot be pickled. The class makes it again from a dict.
        return type(self), tuple(
            dict(value) if isinstance(value, MappingProxyType) else value
            for _, value in self._list_fields()
        )

    def _write(self, path: str | PathLike[str], of: object = None) -> None:
        """Save the result; `of` names its layer, in a folder with a file for each layer."""
        result_file.write(path, type(self).__name__, self._list_fields(), of)

    def _list_fields(self) -> list[tuple[str, Any]]:
        return [(field.name, getattr(self, field.name)) for field in fields(self)]  # type: ignore[arg-type]

    def _freeze(self, name: str, value: ArrayLike, dtype: type[np.generic]) -> None:
        object.__setattr__(self, name, freeze(value, dtype))

    def _freeze_named(self, name: str, value: Mapping[str, float]) -> None:
        object.__setattr__(self, name, MappingProxyType(dict(value)))


def say_raised(*resolutions: float) -> str:
    """Return the part of a repr that shows the largest δ, or "" if none is above the smallest.

    >>> say_raised(1e-6), say_raised(1e-6, 1e-5)
    ('', ', resolution=1e-05')
    """
    raised = [each for each in resolutions if each > RESOLUTION]
    return f", resolution={max(raised):.4g}" if raised else ""


def say_ridge(ridge: float | None) -> str:
    """Return the part of a repr that shows λ, or "" if no ridge was asked for.

    >>> say_ridge(None), say_ridge(0.3)
    ('', ', ridge=0.3')
    """
    return "" if ridge is None else f", ridge={ridge:.4g}"


def freeze(value: ArrayLike, dtype: type[np.generic]) -> NDArray[Any]:
    """Return a read-only copy of an array.

    Raises
    ------
    ValueError
        The values do not fit the type. Fractions are not rounded to integers, and integers do not
        wrap around.
    """
    given = np.asarray(value)
    # An empty list arrives as float64.
    if given.size > 0 and given.dtype.kind not in KINDS[np.dtype(dtype).kind]:
        raise ValueError(f"an array of {given.dtype} has no values of {np.dtype(dtype)}")
    array = np.array(given, dtype=dtype, order="C")
    if array.dtype.kind in "iu" and (array != given).any():
        raise ValueError(f"an array of {given.dtype} has values that {array.dtype} does not hold")
    array.setflags(write=False)
    return array


def _make_plain(value: Any) -> Any:
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, tuple):
        return [_make_plain(part) for part in value]
    if isinstance(value, MappingProxyType):
        return dict(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


def _are_equal(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, tuple):
        return all(map(_are_equal, mine, theirs))
    if isinstance(mine, MappingProxyType):
        return mine.keys() == theirs.keys() and all(
            _are_equal(value, theirs[name]) for name, value in mine.items()
        )
    if mine is None or theirs is None:
        return mine is theirs
    if isinstance(mine, np.ndarray | float):
        # Dead neurons are nan, which counts as equal here.
        return np.array_equal(mine, theirs, equal_nan=np.asarray(mine).dtype.kind == "f")
    return bool(mine == theirs)

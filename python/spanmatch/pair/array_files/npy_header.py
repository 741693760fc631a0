"""The header of a .npy file, or of a member of a .npz file: the type and shape of its array."""

from __future__ import annotations

import ast
import io
import warnings
from typing import IO, TYPE_CHECKING, Any

from numpy.lib import format as npy

from spanmatch.base.array_shape import check_array_shape

if TYPE_CHECKING:
    import numpy as np

MAX_HEADER = 10_000  # The most bytes, as in numpy.


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the header of a .npy file, up to its first value: shape, Fortran order, type.

    A header that says that it is longer than `MAX_HEADER` bytes is refused before it is read.

    Raises
    ------
    ValueError
        The file does not begin with such a header.
    """
    version = npy.read_magic(file)
    if version not in [(1, 0), (2, 0), (3, 0)]:
        raise ValueError(f"its format has version {version}, newer than 3.0")
    length_bytes = file.read(2 if version == (1, 0) else 4)
    length = int.from_bytes(length_bytes, "little")
    if length > MAX_HEADER:
        raise ValueError(
            f"its header gives itself {length} bytes, more than the {MAX_HEADER} that any may have"
        )
    text = file.read(length)
    # Version 3 differs from 2 only in the names of structured types, which are refused anyway.
    parse = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        # numpy warns of headers that Python 2 wrote.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = parse(io.BytesIO(length_bytes + text))
            _check_no_repeats(text)
    # numpy and the parser of Python may raise any error for text that is no header.
    except Exception as error:
        raise ValueError(f"its header does not parse: {error}") from error
    check_array_shape(shape, "the array")
    return shape, fortran, dtype


def _check_no_repeats(text: bytes) -> None:
    """Raise ValueError if a header has a field twice, since Python would take the last one."""
    try:
        header = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:  # A header of Python 2, which numpy has read.
        return
    keys = [each.value for each in getattr(header, "keys", []) if isinstance(each, ast.Constant)]
    if len(set(keys)) < len(keys):
        raise ValueError("it gives a field twice")

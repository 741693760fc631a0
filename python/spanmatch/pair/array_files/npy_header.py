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

MAX_HEADER = 10_000  # bytes; numpy takes no more either


def read_npy_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Read the start of a .npy file, up to its first value: shape, Fortran order, type.

    No more is read than a header may have, whatever length it gives itself.

    Raises
    ------
    ValueError
        It is no such start.
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
    # Version 3 differs from 2 in the names of structured types alone, which are refused anyway.
    parse = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    try:
        # numpy warns of headers that Python 2 wrote.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            shape, fortran, dtype = parse(io.BytesIO(length_bytes + text))
            _check_no_repeats(text)
    # What numpy and the parser of Python raise for text that is no header is not defined.
    except Exception as error:
        raise ValueError(f"its header does not parse: {error}") from error
    check_array_shape(shape, "the array")
    return shape, fortran, dtype


def _check_no_repeats(text: bytes) -> None:
    """Refuse a header that has a field twice, of which Python would take the last."""
    try:
        header = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:  # of Python 2, which numpy has read
        return
    keys = [each.value for each in getattr(header, "keys", []) if isinstance(each, ast.Constant)]
    if len(set(keys)) < len(keys):
        raise ValueError("it gives a field twice")

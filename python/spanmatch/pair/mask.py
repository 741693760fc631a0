"""Which positions count: booleans, or the integers 0 and 1 of an attention mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_mask_array(mask: Any) -> NDArray[np.bool_]:
    """Return a mask as an array of booleans.

    Raises
    ------
    TypeError, ValueError
        As `to_booleans`.

    Examples
    --------
    >>> as_mask_array([1, 0, 1])
    array([ True, False,  True])
    """
    array = np.asarray(mask)
    booleans: NDArray[np.bool_] = to_booleans(
        array, integers=array.dtype.kind in "biu", boolean=array.dtype == np.bool_
    )
    return booleans


def to_booleans(mask: Any, *, integers: bool, boolean: bool) -> Any:
    """Return an array of numpy, or a tensor of torch, as booleans of the same library.

    Its type is told by the caller, who knows the library: whether it holds integers, booleans among
    them, and whether booleans.

    Raises
    ------
    TypeError
        It holds neither booleans nor integers.
    ValueError
        It holds other integers than 0 and 1.
    """
    if not integers:
        raise TypeError(f"mask holds {mask.dtype}: pass booleans, or 0 and 1")
    if boolean:
        return mask
    if bool(((mask != 0) & (mask != 1)).any()):
        raise ValueError("mask holds other numbers than 0 and 1")
    return mask == 1

"""Masks of the positions that count: booleans, or integers 0 and 1 as in an attention mask."""

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
        As in `to_booleans`.

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
    """Return a numpy array, or a torch tensor, as booleans of the same library.

    The caller knows the library, and so says whether the mask holds integers (or booleans), and
    whether it holds booleans.

    Raises
    ------
    TypeError
        The mask holds neither booleans nor integers.
    ValueError
        The mask holds integers other than 0 and 1.
    """
    if not integers:
        raise TypeError(f"mask holds {mask.dtype}: pass booleans, or 0 and 1")
    if boolean:
        return mask
    if bool(((mask != 0) & (mask != 1)).any()):
        raise ValueError("mask holds other numbers than 0 and 1")
    return mask == 1

"""Checks of the arguments of public functions, before any work starts."""

import math
import sys
from collections.abc import Collection
from contextlib import suppress
from numbers import Real
from operator import index as integer
from typing import Literal, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spanmatch.base.constants import RESOLUTION

Neuron: TypeAlias = tuple[str, int]
RowsPerItem: TypeAlias = ArrayLike
Ridge: TypeAlias = float | Literal["auto"] | None
"""λ of the ridge: a number, "auto" for the smallest cross-validated error, or None for δ²."""

MAX_INDEX = 2**63 - 1
MAX_SEED = 2**64 - 1
MAX_WIDTH = 2**32 - 1  # The core keeps the columns of sparse rows in 32 bits.
MAX_COUNT = 100_000  # The most nulls or folds, each of which is a matrix.


def as_eps(eps: float) -> float:
    """Return `eps` as a float in [0, 1)."""
    value = _as_float(eps, "`eps`")
    if not 0.0 <= value < 1.0:
        raise ValueError(f"`eps` must be in [0, 1), got {value}")
    return value


def as_similarity(similarity: float) -> float:
    """Return `similarity` as a float in [0, 1]."""
    value = _as_float(similarity, "similarity")
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"similarity must be in [0, 1], got {value}")
    return value


def as_levels(eps: ArrayLike) -> NDArray[np.float64]:
    """Return `eps`, one or several numbers in [0, 1), as an array with one axis."""
    refuse_masked(eps, "`eps`")
    levels = np.atleast_1d(np.asarray(eps))
    if levels.ndim != 1:
        raise ValueError(f"`eps` has shape {levels.shape}: expected one axis")
    return np.array([as_eps(level) for level in levels.tolist()], np.float64)


def as_probability(number: float, name: str) -> float:
    """Return `number` as a float between 0 and 1, both excluded."""
    value = _as_float(number, name)
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must be between 0 and 1, got {value}")
    return value


def as_part(number: float, name: str) -> float:
    """Return `number` as a float from 0 to 1, both included."""
    value = _as_float(number, name)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must be from 0 to 1, got {value}")
    return value


def as_penalty(number: float, name: str) -> float:
    """Return `number` as a finite float of at least 0."""
    value = _as_float(number, name)
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name} must be finite and at least 0, got {value}")
    return value


def as_choice(choice: str, choices: Collection[str], name: str) -> str:
    """Return `choice`, which must be one of `choices`."""
    if not isinstance(choice, str):
        raise TypeError(f"{name} must be a text, got {type(choice).__name__}")
    if choice not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {choice!r}")
    return choice


def as_index(index: ArrayLike, name: str) -> NDArray[np.int64]:
    """Return `index`, a list or array of integers, as int64; the core checks range and repeats."""
    refuse_masked(index, name)
    array = np.asarray(index)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}: expected one axis of neuron numbers")
    if array.dtype == np.bool_:
        raise TypeError(f"{name} is a mask: pass np.flatnonzero({name})")
    # An empty list arrives as float64.
    if array.dtype.kind not in "iu" and array.size > 0:
        raise TypeError(f"{name} must hold integers, got {array.dtype}")
    if array.dtype.kind == "u" and array.size > 0 and array.max() > MAX_INDEX:
        raise ValueError(f"{name} is out of range: no side has a neuron {array.max()}")
    return np.ascontiguousarray(array, dtype=np.int64)


def as_neuron(neuron: Neuron) -> Neuron:
    """Return `neuron`, a side and a number, as plain Python; the core checks the number's range."""
    if not isinstance(neuron, tuple) or len(neuron) != 2:
        raise TypeError(f'neuron must be a side and a number, such as ("x", 7), got {neuron!r}')
    side, number = neuron
    if not isinstance(side, str):
        raise TypeError(f'the side of a neuron is "x" or "y", got {type(side).__name__}')
    if side not in ("x", "y"):
        raise ValueError(f'the side of a neuron is "x" or "y", got {side!r}')
    number = _as_integer(number, "the number of a neuron")
    if not 0 <= number <= MAX_INDEX:
        raise ValueError(f"there is no neuron {number} of {side}")
    return str(side), number


def as_seed(seed: int) -> int:
    """Return `seed` as an unsigned integer of 64 bits."""
    value = _as_integer(seed, "`seed`")
    if not 0 <= value <= MAX_SEED:
        raise ValueError(f"`seed` must be from 0 to 2**64 - 1, got {value}")
    return value


def as_count(count: int, name: str, least: int = 0) -> int:
    """Return `count`, the number of `name`, as an integer of at least `least`."""
    value = _as_integer(count, f"`{name}`")
    if not least <= value <= MAX_COUNT:
        raise ValueError(f"`{name}` must be from {least} to {MAX_COUNT}, got {value}")
    return value


def as_at_least_one(number: int, name: str, most: int = MAX_INDEX) -> int:
    """Return `number` as an integer from 1 to `most`.

    >>> as_at_least_one(0, "limit")
    Traceback (most recent call last):
        ...
    ValueError: `limit` must be at least 1, got 0
    """
    value = _as_integer(number, f"`{name}`")
    if value < 1:
        raise ValueError(f"`{name}` must be at least 1, got {value}")
    if value > most:
        raise ValueError(f"`{name}` must be from 1 to {most}, got {value}")
    return value


def as_real(number: object, name: str) -> float:
    """Return `number` as a finite float."""
    value = _as_float(number, name)
    if not math.isfinite(value):
        raise ValueError(f"{name} must be finite, got {value}")
    return value


def as_width(n_neurons: int) -> int:
    """Return `n_neurons`, the number of neurons of sparse samples."""
    value = _as_integer(n_neurons, "`n_neurons`")
    if not 0 <= value <= MAX_WIDTH:
        raise ValueError(f"`n_neurons` must be from 0 to {MAX_WIDTH}, got {value}")
    return value


def as_rows_per_item(rows: RowsPerItem) -> int | list[int]:
    """Return one length for all items, or a list of lengths. The core checks their sum."""
    refuse_masked(rows, "`rows_per_item`")
    if np.ndim(rows) == 0:
        return min(_check_at_least_one(_as_integer(rows, "`rows_per_item`")), MAX_INDEX)
    lengths = np.asarray(rows)
    if lengths.ndim != 1:
        raise ValueError(
            f"`rows_per_item` has shape {lengths.shape}: expected a length for each item"
        )
    # An empty list arrives as float64.
    if lengths.dtype.kind not in "iu" and lengths.size > 0:
        raise TypeError(f"`rows_per_item` must hold integers, got {lengths.dtype}")
    return [_check_at_least_one(int(length)) for length in lengths]


def refuse_masked(array: object, name: str) -> None:
    """Raise TypeError if numpy would drop the mask of an array."""
    # If there is a masked array, its module has been imported. Importing it here would be slow.
    masked = getattr(sys.modules.get("numpy.ma"), "MaskedArray", None)
    if masked is not None and isinstance(array, masked):
        raise TypeError(f"{name} is a masked array: select what to use, then pass a plain array")


def as_center(center: bool) -> bool:
    """Return `center`, which must be a bool, since another truthy value may be a mistake."""
    if not isinstance(center, bool | np.bool_):
        raise TypeError(f"`center` must be True or False, got {type(center).__name__}")
    return bool(center)


def as_ridge(ridge: object) -> Ridge:
    """Return `ridge` as a float of at least δ², "auto" or None. The core checks larger δ."""
    if ridge is None:
        return None
    if isinstance(ridge, str):
        if ridge == "auto":
            return "auto"
        raise _describe_ridge(repr(ridge))
    value = _as_float(ridge, "`ridge`")
    if not RESOLUTION**2 <= value < math.inf:
        raise _describe_ridge(value)
    return value


def _describe_ridge(got: object) -> ValueError:
    return ValueError(
        f'`ridge` must be None, "auto", or a finite number of at least δ² = {RESOLUTION**2:.0e}, '
        f"which it is where it is None; got {got}"
    )


def _check_at_least_one(length: int) -> int:
    if length < 1:
        raise ValueError(f"`rows_per_item` must be at least 1, got {length}")
    return length


def _as_integer(number: object, name: str) -> int:
    if not isinstance(number, bool | np.bool_) and isinstance(number, SupportsIndex):
        # Arrays are accepted only if they hold one integer.
        with suppress(TypeError):
            return integer(number)
    raise TypeError(f"{name} must be an integer, got {type(number).__name__}")


def _as_float(number: object, name: str) -> float:
    if isinstance(number, bool) or not isinstance(number, Real):
        raise TypeError(f"{name} must be a real number, got {type(number).__name__}")
    try:
        return float(number)
    except OverflowError:  # An integer or a fraction that is too large for a float.
        return -math.inf if number < 0 else math.inf

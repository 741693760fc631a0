"""Checks of the fields of results, whether the core, a user or a file made them.

Every function raises a ValueError that says which field is wrong and what it may be.
"""

from __future__ import annotations

import math
from numbers import Real
from operator import index
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from spanmatch.base.arguments import MAX_INDEX
from spanmatch.base.constants import RESOLUTION, TOLERANCE
from spanmatch.base.plain_values import LARGEST, SHORT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def check_shape(values: Array, shape: tuple[int, ...], name: str) -> None:
    """Check the shape of an array."""
    if values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, and not {shape}")


def check_axes(values: Array, count: int, name: str) -> None:
    """Check that an array has this number of axes."""
    if values.ndim != count:
        raise ValueError(f"{name} has shape {values.shape}: expected {count} axes")


def check_between(
    values: Array, name: str, *, least: float = 0.0, most: float = 1.0, also: float | None = None
) -> None:
    """Check that each number is in a range, or equal to `also`, which may be nan or inf."""
    inside = (values >= least) & (values <= most)
    if also is not None:
        inside |= np.isnan(values) if math.isnan(also) else values == also
    if not inside.all():
        beside = "" if also is None else f", or {also}"
        upwards = f"from {least:g} to {most:g}" if most < math.inf else f"at least {least:g}"
        _refuse(values, ~inside, name, f"each must be {upwards}{beside}")


def check_finite(values: Array, name: str) -> None:
    """Check that numbers are neither infinite nor nan."""
    if not np.isfinite(values).all():
        _refuse(values, ~np.isfinite(values), name, "each must be finite")


def check_critical(values: Array, name: str) -> None:
    """Check critical ε: from 0 to 1, or inf."""
    check_between(values, name, also=math.inf)


def check_chance(critical: Array, chance: Array, name: str) -> None:
    """Check critical ε and chance levels. A chance level is in [0, 1], or nan for a dead neuron.

    For nulls the last axis holds the neurons, and every null must have the same dead neurons.
    """
    check_critical(critical, name)
    check_shape(chance, critical.shape[-1:], f"chance of {name}")
    check_between(chance, f"chance of {name}", also=math.nan)
    differs = np.isinf(critical) != np.isnan(chance)
    if differs.any():
        raise ValueError(
            f"neuron {np.argwhere(differs)[0][-1]} of {name} is dead by its critical ε, or by its "
            "chance level, but not by both"
        )


def check_columns(columns: Array, count: int, name: str) -> None:
    """Check that column numbers are in rising order, and below `count`."""
    check_axes(columns, 1, name)
    if np.any(np.diff(columns) <= 0):
        raise ValueError(f"{name} has columns that are not in rising order")
    check_neurons(columns, count, name)


def check_neurons(columns: Array, count: int, name: str, least: int = 0) -> None:
    """Check that column numbers, in any order, are at least `least` and below `count`."""
    outside = (columns < least) | (columns >= count)
    if outside.any():
        _refuse(columns, outside, name, f"there are {count} neurons, counted from 0")


def as_whole(value: object, name: str, least: int = 0) -> int:
    """Return a count as an integer of at least `least`."""
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise ValueError(f"{name} is {SHORT.repr(value)}: it must be a whole number")
    count = index(value)
    if not least <= count <= MAX_INDEX:
        raise ValueError(f"{name} is {count}: it must be at least {least}, and at most {MAX_INDEX}")
    return count


def check_number(value: object, name: str) -> None:
    """Check that a value is a real number, or nan."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise ValueError(f"{name} is {SHORT.repr(value)}: it must be a number")


def check_resolution(value: float, *, known: bool = True) -> None:
    """Check that δ is above 0 and below 1; it may be nan unless it is `known`."""
    check_number(value, "resolution")
    is_unknown = isinstance(value, float) and math.isnan(value)
    if not (0.0 < value < 1.0 or (is_unknown and not known)):
        raise ValueError(f"resolution is {value}: it must be between 0 and 1")


def check_ridge(value: float | None) -> None:
    """Check λ: None, or finite and at least δ²."""
    if value is None:
        return
    check_number(value, "ridge")
    if not RESOLUTION**2 <= value <= LARGEST:
        raise ValueError(
            f"ridge is {value}: it must be None, or finite and at least {RESOLUTION**2:g}"
        )


def check_measure(value: float, name: str, least: float = 0.0, most: float = 1.0) -> None:
    """Check that a measure is in its range, up to rounding, or nan."""
    check_number(value, name)
    check_measures(np.asarray(value), name, least, most)


def check_measures(values: Array, name: str, least: float = 0.0, most: float = 1.0) -> None:
    """Check that each measure of an array is in its range, up to rounding, or nan."""
    check_between(values, name, least=least - TOLERANCE, most=most + TOLERANCE, also=math.nan)


def _refuse(values: Array, wrong: Array, name: str, why: str) -> NoReturn:
    where = tuple(np.argwhere(wrong)[0].tolist())
    at = f"[{', '.join(map(str, where))}]" if where else ""
    raise ValueError(f"{name}{at} is {values[where]}: {why}")

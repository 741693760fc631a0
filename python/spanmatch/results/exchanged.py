"""Results with x and y exchanged."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from spanmatch.results.interval import Interval
from spanmatch.results.nulls import NullSpectra
from spanmatch.results.one_to_one import OneToOne
from spanmatch.results.residuals import Residuals
from spanmatch.results.spectrum import MatchSpectrum

if TYPE_CHECKING:
    from spanmatch.results.layer_answer import LayerAnswer

OfSides = TypeVar("OfSides", MatchSpectrum, NullSpectra, Interval, OneToOne, Residuals)


def exchange_sides(result: OfSides) -> OfSides:
    """Turn a result of (x, y) into the result of (y, x).

    A `OneToOne` keeps its choice of covered neurons. Nulls become those of the circular shifts in
    the opposite direction.

    Examples
    --------
    >>> import numpy as np
    >>> import spanmatch as sm
    >>> x = np.random.default_rng(0).standard_normal((50, 3))
    >>> exchange_sides(sm.spectrum(x, x[:, :1])) == sm.spectrum(x[:, :1], x)
    True
    """
    # A value for each side is stored as a tuple of two, or as the two fields x and y.
    both: dict[str, Any] = {
        field.name: value[::-1]
        for field in fields(result)
        if isinstance(value := getattr(result, field.name), tuple)
    }
    return replace(result, x=result.y, y=result.x, **both)


def exchange_answer(answer: LayerAnswer) -> LayerAnswer:
    """Turn the answer for a layer of (x, y) into the answer of (y, x).

    The calibration is dropped, since some of its measures are not symmetric.
    """
    return replace(
        answer,
        spectrum=exchange_sides(answer.spectrum),
        nulls=None if answer.nulls is None else exchange_sides(answer.nulls),
        interval=None if answer.interval is None else exchange_sides(answer.interval),
        one_to_one=None if answer.one_to_one is None else exchange_sides(answer.one_to_one),
        held_out=None if answer.held_out is None else exchange_sides(answer.held_out),
        calibration=None,
    )

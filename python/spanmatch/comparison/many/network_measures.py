"""A measure of every two networks at one layer."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.words import suggest
from spanmatch.results.measures import Measures
from spanmatch.solve.measures import measures
from spanmatch.solve.named_measures import NAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.result import Floats

USUAL = tuple(field.name for field in fields(Measures) if field.type == "float")
# The value of each measure for a network with itself, if it has variance.
WITH_ITSELF = {
    "linear_cka": 1.0,
    "mean_cca": 1.0,
    "svcca": 1.0,
    "pwcca": 1.0,
    "procrustes_similarity": 1.0,
    "procrustes_distance": 0.0,
    "r2_x": 1.0,
    "r2_y": 1.0,
    "debiased_cka": 1.0,
}


def find_measure(
    name: str,
    networks: tuple[str, ...],
    compared: Sequence[tuple[str, str]],
    make_pair: Callable[[str, str], ActivationPair],
) -> Floats:
    """Return a measure of every two networks, of shape (networks, networks).

    Parameters
    ----------
    name
        A field of `Measures`, or a name that `measures` takes in `also`.
    networks
        The networks in the order of the array.
    compared
        The pairs of networks that were compared. Others are nan.
    make_pair
        A function that returns the pair of two networks, in either order.

    Raises
    ------
    KeyError
        There is no such measure.
    """
    if name not in USUAL and name not in NAMED:
        raise KeyError(f"no measure {name!r}: {suggest(name, (*USUAL, *NAMED))}")
    at = {network: index for index, network in enumerate(networks)}
    found = np.full((len(networks), len(networks)), np.nan)
    for a, b in compared:
        value = found[at[a], at[b]] = _measure(name, make_pair(a, b))
        other = value if is_symmetric(name) else _measure(name, make_pair(b, a))
        found[at[b], at[a]] = other
    # A network without variance has no measure with itself either.
    known = ~np.isnan(found).all(1)
    np.fill_diagonal(found, np.where(known, WITH_ITSELF.get(name, np.nan), np.nan))
    return found


def is_symmetric(name: str) -> bool:
    """Tell whether a measure is the same in either order.

    >>> is_symmetric("linear_cka"), is_symmetric("r2_x"), is_symmetric("pwcca")
    (True, False, False)
    """
    return name != "pwcca" and not name.endswith(("_x", "_y"))


def _measure(name: str, pair: ActivationPair) -> float:
    found = measures(pair, also=(name,) if name in NAMED else ())
    return found.also[name] if name in NAMED else float(getattr(found, name))

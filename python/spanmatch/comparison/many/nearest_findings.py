"""Findings on networks that are nearest to each other, and on networks that stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base.words import list_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.results.result import Floats

NAMED = 12  # At most this number of networks is named in a sentence.


def tell_nearest(networks: Sequence[str], alike: Floats, where: str) -> list[str]:
    """Say which other network is most like each network, with the area of the runner-up.

    Networks that were compared with fewer than two others are not mentioned.
    """
    others = np.where(np.eye(len(networks), dtype=bool), np.nan, alike)
    known = [at for at in range(len(networks)) if (~np.isnan(others[at])).sum() >= 2]
    # If several are equally near in the digits shown, none of them is the nearest.
    shown = others.round(2)
    known = [at for at in known if (shown[at] == np.nanmax(shown[at])).sum() == 1]
    nearest = {at: int(np.nanargmax(others[at])) for at in known}
    mutual, one_way = [], []
    for at, to in nearest.items():
        if nearest.get(to) == at:
            if at < to:
                runner_up = max(_find_next(others[at], to), _find_next(others[to], at))
                mutual.append(_format_pair(f"{networks[at]} and {networks[to]}", others[at, to]))
                mutual[-1] += f"; of either with another {runner_up:.2f})"
        else:
            one_way.append(_format_pair(f"to {networks[at]} is {networks[to]}", others[at, to]))
            one_way[-1] += f", the next {_find_next(others[at], to):.2f})"
    place = f"{where[0].upper()}{where[1:]} n" if where else "N"
    found = []
    if mutual:
        found.append(f"{place}earest to each other are {list_names(mutual, NAMED)}.")
    if one_way:
        found.append(f"{place}earest, but not mutually: {list_names(one_way, NAMED)}.")
    return found


def tell_apart(networks: Sequence[str], alike: Floats) -> list[str]:
    """Name each network that is less like its nearest than any two of the others are alike.

    The list is empty for fewer than four networks, or if some two were not compared.
    """
    count = len(networks)
    if count < 4:
        return []
    others = np.where(np.eye(count, dtype=bool), np.nan, alike)
    if np.isnan(others).sum() > count:
        return []
    found = []
    for at, name in enumerate(networks):
        nearest, rest = np.nanmax(others[at]), np.delete(np.delete(others, at, 0), at, 1)
        least = np.nanmin(rest)
        # They must also differ in the digits shown.
        if round(nearest, 2) < round(least, 2):
            found.append(
                f"{name} stands apart: its mean area is at most {nearest:.2f} with any other, and "
                f"that of any two of the others at least {least:.2f}."
            )
    return found


def _find_next(row: Floats, nearest: int) -> float:
    return float(np.nanmax(np.delete(row, nearest)))


def _format_pair(names: str, area: float) -> str:
    return f"{names} ({area:.2f}"

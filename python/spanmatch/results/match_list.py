"""A list of matches in a file: all their neurons concatenated, and the size of each match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.base import tensor_file
from spanmatch.base.errors import describe_damage
from spanmatch.results.match import Match

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from numpy.typing import NDArray

KIND = "list of Match"
SCALARS = {"eps": np.float64, "n_x": np.int64, "n_y": np.int64, "resolution": np.float64}
RIDGE = "ridge"  # NaN for a match without a ridge.


def write(path: str | PathLike[str], matches: Sequence[Match]) -> None:
    """Write matches to a file."""
    tensors = {
        name: np.array([getattr(match, name) for match in matches], dtype)
        for name, dtype in SCALARS.items()
    }
    ridges = [np.nan if match.ridge is None else match.ridge for match in matches]
    tensors[RIDGE] = np.array(ridges, np.float64)
    for side in ("x", "y"):
        members = [getattr(match, side) for match in matches]
        tensors[side] = np.concatenate([np.empty(0, np.int64), *members])
        tensors[f"{side}_sizes"] = np.array([part.size for part in members], np.int64)
    tensor_file.write(path, KIND, tensors, {})


def read(path: str | PathLike[str]) -> list[Match]:
    """Read the matches of a file."""
    tensors, _ = tensor_file.read_as(path, KIND)
    try:
        # Files of version 0.1.0 do not have them.
        for name in ("resolution", RIDGE):
            tensors.setdefault(name, np.full(tensors["eps"].shape, np.nan))
        x, y = (_split(tensors[side], tensors[f"{side}_sizes"]) for side in ("x", "y"))
        scalars = zip(*(tensors[name].tolist() for name in SCALARS), strict=True)
        ridges = [None if np.isnan(ridge) else ridge for ridge in tensors[RIDGE].tolist()]
        return [
            Match(eps, members_x, members_y, n_x, n_y, resolution, ridge)
            for (eps, n_x, n_y, resolution), members_x, members_y, ridge in zip(
                scalars, x, y, ridges, strict=True
            )
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise describe_damage(path, error) from error


def _split(members: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    if sizes.dtype != np.int64 or sizes.min(initial=0) < 0 or sizes.sum() != members.size:
        raise ValueError("its sizes are not those of its matches")
    return np.split(members, np.cumsum(sizes))[:-1]

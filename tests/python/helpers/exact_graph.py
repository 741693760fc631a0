"""The exact case, y = x K with independent columns: what a neuron reaches (design, 2.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from problems import Floats

Neurons = list[tuple[str, int]]


def reached(k: Floats, start: tuple[str, int]) -> Neurons:
    """What the graph reaches: y -> x where K_xy != 0, x -> y where (K^-1)_yx != 0.

    It shares nothing with the library: no residual, no match.
    """
    inverse = np.linalg.inv(k)
    found, todo = {start}, [start]
    while todo:
        side, index = todo.pop()
        column = k[:, index] if side == "y" else inverse[:, index]
        other = "x" if side == "y" else "y"
        for i in np.flatnonzero(np.abs(column) > 1e-9).tolist():
            if (other, i) not in found:
                found.add((other, i))
                todo.append((other, i))
    return sorted(found)

"""Activations as no network gives them: of any shape, layout, size and dependence, from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 12  # rows, and neurons of a side
SCALES = (-320, -300, -160, -20, 0, 20, 150, 300)


def wild_sides(rng: np.random.Generator) -> tuple[Any, Any]:
    """Return two sides of as many rows, most of the time."""
    rows = int(rng.integers(0, MOST + 1)) if rng.random() < 0.6 else int(rng.integers(13, 60))
    x, y = (_lay_out(_side(rows + int(rng.random() < 0.01), rng), rng) for _ in "xy")
    return x, y


def tame_sides(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two sides of live neurons of any scale, of which some nearly depend on others."""
    rows, factors = int(rng.integers(4, 60)), rng.standard_normal((60, int(rng.integers(1, 8))))
    sides = []
    for _ in "xy":
        neurons = int(rng.integers(1, MOST + 1))
        z = factors[:rows] @ rng.standard_normal((factors.shape[1], neurons))
        z += 10.0 ** rng.uniform(-8, 0) * rng.standard_normal(z.shape)
        sides.append(z * 10.0 ** rng.integers(-50, 50, neurons))
    return sides[0], sides[1]


def _side(rows: int, rng: np.random.Generator) -> np.ndarray:
    neurons = int(rng.integers(0, MOST + 1)) or int(rng.random() < 0.5)
    z: np.ndarray = rng.standard_normal((rows, neurons))
    kind = rng.integers(0, 10)
    with np.errstate(over="ignore", under="ignore"):
        if kind == 0:
            z = np.round(z)
        elif kind == 1 and neurons > 1:
            z[:, -1] = z[:, 0] * rng.choice([1.0, -3.0]) + rng.choice([0.0, 1e-9, 1e-4]) * z[:, -1]
        elif kind == 2:
            z = z + 10.0 ** rng.integers(0, 9)
        elif kind == 3:
            z = z * 10.0 ** rng.choice(SCALES)
        elif kind == 4:
            z = z * 10.0 ** rng.choice(SCALES, neurons)
        if z.size and rng.random() < 0.1:
            odd = [np.nan, np.inf, -np.inf, 5e-324, -0.0, np.finfo(float).max]
            z[rng.integers(rows), rng.integers(neurons)] = rng.choice(odd)
        if neurons and rng.random() < 0.2:
            z[:, rng.integers(neurons)] = 0.0
    return z


def _lay_out(z: np.ndarray, rng: np.random.Generator) -> Any:
    """Return the same numbers, or as near as the type has them, in some layout."""
    types, parts = ["f8", ">f8", "f4", ">f4", "f2", "i8"], [0.5, 0.1, 0.2, 0.1, 0.09, 0.01]
    dtype = rng.choice(types, p=parts)
    with np.errstate(over="ignore", under="ignore"):
        z = np.nan_to_num(z).clip(-9, 9).astype("i8") if dtype == "i8" else z.astype(dtype)
    layouts: list[Callable[[], Any]] = [
        lambda: z,
        lambda: np.asfortranarray(z),
        lambda: z[::-1, ::-1],
        lambda: np.repeat(np.repeat(z, 2, axis=0), 3, axis=1)[::2, ::3],
        lambda: _unaligned(z),
        lambda: np.broadcast_to(z[:1], z.shape) if len(z) else z,
        lambda: z.tolist() if rng.random() < 0.1 else z[:, ::-1],
    ]
    return layouts[rng.integers(0, len(layouts))]()


def _unaligned(z: np.ndarray) -> np.ndarray:
    copy = np.frombuffer(bytearray(z.nbytes + 1), z.dtype, z.size, offset=1).reshape(z.shape)
    copy[...] = z
    return copy

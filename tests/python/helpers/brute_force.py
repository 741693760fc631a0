"""Definitions over all subsets of a few neurons: what the searches must find, with no search.

A set of neurons is an int: bit i is neuron i, the neurons of x first. With up to 6 + 6 neurons
there are 4,096 sets.
"""

from __future__ import annotations

from functools import cached_property, reduce
from itertools import pairwise
from operator import and_, or_
from typing import TYPE_CHECKING

import numpy as np

from oracle import Floats, Mask, Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

Neuron = tuple[str, int]


def union(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)


def inside(part: int, whole: int) -> bool:
    return part & ~whole == 0


class BruteForce:
    """Every ε-match of one problem at one ε after another."""

    def __init__(
        self, x: ArrayLike, y: ArrayLike, *, center: bool = False, ridge: float | None = None
    ) -> None:
        self.oracle = Oracle.of(x, y, center=center, ridge=ridge)
        self.n_x, self.n_y = self.oracle.x.shape[1], self.oracle.y.shape[1]
        self.n = self.n_x + self.n_y
        if max(self.n_x, self.n_y) > 6:
            raise ValueError("brute force is for at most 6 + 6 neurons")

    # Names of neurons

    def neuron(self, bit: int) -> Neuron:
        return ("x", bit) if bit < self.n_x else ("y", bit - self.n_x)

    def bit(self, neuron: Neuron) -> int:
        return neuron[1] if neuron[0] == "x" else self.n_x + neuron[1]

    def members(self, s: int) -> list[int]:
        return [bit for bit in range(self.n) if s >> bit & 1]

    def neurons(self, s: int) -> list[Neuron]:
        return [self.neuron(bit) for bit in self.members(s)]

    def as_set(self, x_index: Iterable[int], y_index: Iterable[int]) -> int:
        return union(1 << int(i) for i in x_index) | union(1 << self.n_x + int(j) for j in y_index)

    def indices(self, s: int) -> tuple[list[int], list[int]]:
        bits = self.members(s)
        return [b for b in bits if b < self.n_x], [b - self.n_x for b in bits if b >= self.n_x]

    # Matches

    @cached_property
    def worst(self) -> Floats:
        """The largest residual in every set: 0 in the empty one, inf where a member is dead."""
        n_x, n_y = self.n_x, self.n_y
        x_masks, y_masks = _masks(n_x), _masks(n_y)
        rx = np.array([self.oracle.residuals(None, mask)[0] for mask in y_masks])
        ry = np.array([self.oracle.residuals(mask, None)[1] for mask in x_masks])
        rx, ry = np.nan_to_num(rx, nan=np.inf), np.nan_to_num(ry, nan=np.inf)
        worst = np.zeros((len(y_masks), len(x_masks)))
        for a, in_x in enumerate(x_masks):
            for b, in_y in enumerate(y_masks):
                worst[b, a] = max(rx[b, in_x].max(initial=0.0), ry[a, in_y].max(initial=0.0))
        return worst.reshape(-1)

    def critical(self) -> list[float]:
        """By definition: the smallest ε at which some match holds the neuron."""
        sets = np.arange(2**self.n)
        return [float(self.worst[(sets >> bit & 1) == 1].min()) for bit in range(self.n)]

    def levels(self) -> list[float]:
        """0, every critical ε below 1, and the middles between them."""
        returned = self.oracle.returned(np.array(self.critical()))
        # Rounded up, since ε a hair below a critical value is not what is meant.
        c = sorted({0.0, *(float(v) for v in np.ceil(returned * 1e9) / 1e9 if v < 1)})
        return sorted([*c, *((low + high) / 2 for low, high in pairwise(c))])

    def matches(self, eps: float) -> list[int]:
        return [int(s) for s in np.flatnonzero(self.worst <= self.oracle.threshold(eps))]

    def maximum_match(self, eps: float, within: int | None = None) -> int:
        """M(S, ε): the union of all matches inside S."""
        s = 2**self.n - 1 if within is None else within
        return union(t for t in self.matches(eps) if inside(t, s))

    def minimum_matches(self, eps: float, bit: int) -> list[int]:
        """Every v-minimum match: it holds v, and no strictly smaller match inside it does."""
        held = [s for s in self.matches(eps) if s >> bit & 1]
        return [s for s in held if not any(t != s and inside(t, s) for t in held)]

    def minimum_for(self, eps: float, s: int) -> list[int]:
        """The neurons for which the match S is minimum."""
        smaller = union(t for t in self.matches(eps) if t != s and inside(t, s))
        return [bit for bit in self.members(s) if not smaller >> bit & 1]

    def is_simple(self, eps: float, s: int) -> bool:
        """A match that is not empty and no union of strictly smaller matches."""
        matches = self.matches(eps)
        if s == 0 or s not in matches:
            return False
        return union(t for t in matches if t != s and inside(t, s)) != s

    def simple_matches(self, eps: float) -> list[int]:
        return [s for s in self.matches(eps) if self.is_simple(eps, s)]

    # Support

    def core(self, eps: float, bit: int) -> int:
        """The intersection of all matches that hold the neuron."""
        held = [s for s in self.matches(eps) if s >> bit & 1]
        return reduce(and_, held) if held else 0

    def support(self, eps: float) -> tuple[list[int], Mask]:
        """The neurons of M(ε), and [u, v]: losing u alone loses v."""
        top = self.maximum_match(eps)
        bits = self.members(top)
        left = [self.maximum_match(eps, within=top & ~(1 << u)) for u in bits]
        matrix = [[not rest >> v & 1 for v in bits] for rest in left]
        return bits, np.array(matrix, dtype=np.bool_).reshape(len(bits), len(bits))


def _masks(n: int) -> Sequence[Mask]:
    return [np.array([s >> bit & 1 for bit in range(n)], dtype=np.bool_) for s in range(2**n)]

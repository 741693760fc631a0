"""Small models of random layout, and every honest reading of what their last layer gives.

A layer's output is an arrangement of five factors: B inputs, P × Q positions, heads, d features.
The factors are permuted, neighbours are merged into axes, and the arrangement is also applied to
labels: so each value is known to be of one input, position, head and feature. A reading takes some
axes as neurons. It is honest if

- the axes that hold features are among the neurons, and none that holds inputs is;
- axes of positions alone are not among them (those of heads alone may be);
- its rows are paired by label, or each input's are averaged where labels differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from known_rows import Read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Label = tuple[int, ...]
FACTORS = "BPQhd"


@dataclass(frozen=True)
class Layout:
    """How an output is arranged: the order of factors, and which neighbours are merged."""

    order: str = "BPQhd"
    """A permutation of the factors."""
    groups: tuple[str, ...] = ("B", "PQ", "hd")
    """The order, cut into axes."""
    kind: str = "own"
    """What the layer is: own, gelu, norm, linear."""

    def arrange(self, factors: Tensor) -> Tensor:
        """Arrange (B, P, Q, h, d)."""
        sizes = dict(zip(FACTORS, factors.shape, strict=True))
        turned = factors.permute([FACTORS.index(factor) for factor in self.order])
        shape = [int(np.prod([sizes[factor] for factor in group])) for group in self.groups]
        return turned.reshape(shape)


@dataclass(frozen=True)
class Sizes:
    """How many there are of each factor, in both models."""

    p: int
    q: int
    h: int
    d: int

    @property
    def length(self) -> int:
        return self.p * self.q


@st.composite
def layouts(
    draw: Any, kinds: tuple[str, ...] = ("own", "gelu", "norm", "linear"), masked: bool = False
) -> Layout:
    """Any order and any cuts, but that inputs and features share no axis.

    Nothing tells such an axis from one of inputs and positions. Under a mask positions keep their
    order, and no axis holds heads and positions: nothing tells others of the same length.
    """
    kind = draw(st.sampled_from(kinds))
    parts = ["B", "PQ", "h", "d"] if masked else list(FACTORS)
    order = "".join(draw(st.permutations(parts)))
    if kind in ("linear", "norm"):  # they work on the last axis
        order = order.replace("d", "") + "d"
    cuts = draw(st.sets(st.integers(1, 4), min_size=1))
    groups = _part(order, cuts, masked)
    return Layout(order, groups, kind)


def _part(order: str, cuts: set[int], masked: bool) -> tuple[str, ...]:
    groups = [order[0]]
    for at in range(1, 5):
        group = groups[-1] + order[at]
        mixes = "h" in group and bool(set("PQ") & set(group))
        clash = {"B", "d"} <= set(group) or (masked and mixes)
        if at in cuts or clash:
            groups.append(order[at])
        else:
            groups[-1] = group
    # Of positions, features have both or neither.
    if masked and len({"d" in group for group in groups if set("PQ") & set(group)}) > 1:
        groups = list(order)
    return tuple(groups)


@st.composite
def move_inputs(draw: Any, layout: Layout) -> Layout:
    """The same but for the place of the inputs: an axis of their own, or a part of another."""
    rest = [group.replace("B", "") for group in layout.groups]
    rest = [group for group in rest if group]
    at = draw(st.integers(0, len(rest) - (layout.kind in ("linear", "norm"))))
    if at < len(rest) and "d" not in rest[at] and draw(st.booleans()):
        rest[at] = draw(st.sampled_from(["B" + rest[at], rest[at] + "B"]))
    else:
        rest.insert(at, "B")
    return Layout("".join(rest), tuple(rest), layout.kind)


class Arranged(nn.Module):
    """Tokens → `embed` → mixed over time → arranged → `layer`."""

    def __init__(
        self, layout: Layout, sizes: Sizes, *, fixed: bool, mixed: bool, axis: int
    ) -> None:
        super().__init__()
        self.embed = nn.Linear(4, sizes.h * sizes.d)
        self.layout, self.sizes = layout, sizes
        self.fixed, self.mixed, self.axis = fixed, mixed, axis
        wide = self._measure_last()
        kinds: dict[str, Any] = {
            "own": Read, "gelu": nn.GELU, "norm": lambda: nn.LayerNorm(wide),
            "linear": lambda: nn.Linear(wide, 3),
        }  # fmt: skip
        self.layer = kinds[layout.kind]()

    def forward(self, x: Tensor, mask: Any = None) -> Any:
        return self.layer(self.layout.arrange(self.split(x)))

    def split(self, x: Tensor) -> Tensor:
        sizes = self.sizes
        if self.fixed and x.shape[1 - self.axis] != sizes.length:
            raise ValueError(f"made for {sizes.length} positions")
        h = torch.tanh(self.embed(x))
        h = h.transpose(0, 1) if self.axis == 1 else h
        if self.mixed:
            h = h + h.cumsum(1) / h.shape[1]
        # Another number of positions: as many windows as it takes, or one of all.
        q = sizes.q if h.shape[1] % sizes.q == 0 else 1
        return h.reshape(len(h), -1, q, sizes.h, sizes.d)

    def _measure_last(self) -> int:
        sizes = self.sizes
        held = {"P": sizes.p, "Q": sizes.q, "h": sizes.h, "d": sizes.d, "B": 1}
        return int(np.prod([held[factor] for factor in self.layout.groups[-1]]))


def label(layout: Layout, n_inputs: int, sizes: Sizes) -> list[Tensor]:
    """For each factor the output's own labels: which input, which p, q, head and feature."""
    shape = (n_inputs, sizes.p, sizes.q, sizes.h, sizes.d)
    grids = torch.meshgrid(*(torch.arange(size) for size in shape), indexing="ij")
    return [layout.arrange(grid) for grid in grids]


@dataclass
class Reading:
    """The rows of one batch by one choice of neurons, by label (b, p, q, h)."""

    neurons: tuple[int, ...]
    rows: dict[Label, NDArray[np.float64]]
    whole: bool
    """Whether every position of an input has rows of its own, or none has."""


def read(output: Tensor, layout: Layout, n_inputs: int, sizes: Sizes) -> Iterator[Reading]:
    """Every honest reading of an output."""
    labels = label(layout, n_inputs, sizes)
    if layout.kind == "linear":
        labels = [each[..., :1].expand(output.shape) for each in labels]
    held = {"P": sizes.p, "Q": sizes.q, "h": sizes.h, "d": sizes.d, "B": 2}
    real = ["".join(f for f in group if held[f] > 1) for group in layout.groups]
    features = next(at for at, group in enumerate(layout.groups) if "d" in group)
    if "B" in layout.groups[features]:
        return
    others = [at for at, group in enumerate(real) if at != features and group in ("h", "")]
    choices = chain.from_iterable(combinations(others, k) for k in range(len(others) + 1))
    for choice in choices:
        neurons = (features, *choice)
        rest = [at for at in range(output.ndim) if at not in neurons]
        if not any("B" in layout.groups[at] for at in rest):
            continue
        wide = int(np.prod([output.shape[at] for at in neurons]))
        turned = output.permute(*rest, *neurons).reshape(-1, wide).double().numpy()
        names = [
            each.permute(*rest, *neurons).reshape(-1, wide)[:, 0].tolist() for each in labels[:4]
        ]
        inside = "".join(layout.groups[at] for at in neurons)
        whole = len({f in inside for f in "PQ" if held[f] > 1}) < 2
        yield Reading(neurons, dict(zip(zip(*names, strict=True), turned, strict=True)), whole)

"""Inputs that lie one after the other on one axis, models of them, and their rows by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from known_rows import inputs, record, seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COUNTS = ([3, 1, 4, 2, 5, 2], [2, 2, 6, 1, 3, 4])


class Graphs(nn.Module):
    """Node features, one step of messages along edges, and a mean for each graph."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes, self.edges = nn.Linear(5, 6), nn.Linear(2, 6)
        self.ends, self.layer, self.head = nn.Linear(12, 4), nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Tensor) -> Any:
        first, second = edge_index
        h = torch.tanh(self.nodes(x))
        sent = torch.tanh(self.edges(edge_attr)) * h[first]
        h = self.layer(h.index_add(0, second, sent))
        self.ends(torch.cat([sent, sent], 1))
        n_graphs = int(batch.max()) + 1
        sums = h.new_zeros(n_graphs, 4).index_add(0, batch, h)
        return self.head(sums / torch.bincount(batch, minlength=n_graphs)[:, None])


def make(seed: int, kind: Any = Graphs) -> nn.Module:
    return seeded(seed, kind)


def make_graphs(counts: Sequence[int], edges: Sequence[int], seed: int = 0) -> dict[str, Tensor]:
    """Graphs of so many nodes and edges each, at random; their edges in the order of graphs."""
    generator = torch.Generator().manual_seed(seed)
    begins = torch.tensor([0, *counts]).cumsum(0)
    ends = [
        begins[at] + torch.randint(count, (2, n_edges), generator=generator)
        for at, (count, n_edges) in enumerate(zip(counts, edges, strict=True))
    ]
    return {
        "x": inputs(sum(counts), 5, seed=seed),
        "edge_index": torch.cat(ends, 1),
        "edge_attr": inputs(sum(edges), 2, seed=seed + 50),
        "batch": torch.arange(len(counts)).repeat_interleave(torch.tensor(counts)),
        "counts": torch.tensor(counts),
    }


def split_rows(
    model: nn.Module, data: Sequence[Any], layer: str, counts: Sequence[Sequence[int]]
) -> list[list[NDArray[Any]]]:
    """The rows of every input of every batch, of a plain hook on a layer."""
    named = ("x", "edge_index", "edge_attr", "batch")
    given = [
        {name: batch[name] for name in named if name in batch} if isinstance(batch, dict) else batch
        for batch in data
    ]
    return [
        [part.flatten(0, -2).double().numpy() for part in output.split(list(of))]
        for output, of in zip(record(model, given, layer), counts, strict=True)
    ]

"""Outputs that belong to no input, to two at once, or to what cannot be traced."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import EITHER, LEFT_OUT, Read, examine, inputs, seeded, tell


class Positions(nn.Module):
    """Embeddings of positions, (1, T, H) or (T, H); `layer` makes them."""

    def __init__(self, axes: int) -> None:
        super().__init__()
        self.embed, self.layer, self.head = nn.Linear(5, 6), nn.Embedding(9, 6), nn.Linear(6, 3)
        self.axes = axes

    def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
        where = torch.arange(x.shape[1])
        where = self.layer(where if self.axes == 2 else where[None])
        return self.head(torch.tanh(self.embed(x) + where))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("n_inputs", "length"), [(6, 4), (5, 5)])
@pytest.mark.parametrize("axes", [2, 3])
def test_embeddings_of_positions_are_no_rows_of_inputs(
    axes: int, n_inputs: int, length: int, masked: bool
) -> None:
    batches: list[Any] = [inputs(n_inputs, length, 5, seed=seed) for seed in range(3)]
    if masked:
        mask = torch.arange(length) <= torch.arange(n_inputs)[:, None] % length
        batches = [{"x": x, "attention_mask": mask} for x in batches]
    models = [seeded(seed, lambda: Positions(axes)) for seed in (0, 1)]
    told = tell(*models, batches, folds=3)
    assert told.found is not None, told.refusal
    # What the model makes of both is of the inputs again.
    assert {"embed", "head"} <= set(told.found)
    assert told.found.pair("head").n_items == 3 * n_inputs
    assert "layer" in told.left, "rows of no input, with folds of inputs"


@pytest.mark.parametrize("n_inputs", [6, 3, 4])
def test_a_table_of_biases(n_inputs: int) -> None:
    """(heads, T, T), as many heads as inputs in one case."""

    class Biased(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Linear(5, 6)
            self.table = nn.Parameter(torch.randn(3, 4, 4))
            self.layer = Read(lambda table: table * 2)

        def forward(self, x: Tensor) -> Any:
            h = self.embed(x).unflatten(2, (3, 2)).transpose(1, 2)
            return (h @ h.mT + self.layer(self.table)).softmax(-1) @ h

    examine(
        lambda seed: seeded(seed, Biased), [inputs(n_inputs, 4, 5, seed=s) for s in range(3)],
        lambda out: out, must=LEFT_OUT, may_be_input_free=True,
    )  # fmt: skip


def test_learned_queries_of_every_input() -> None:
    """(B, Q, H), the same for every input: its rows are right, or there are none."""

    class Queries(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 6)
            self.queries = nn.Parameter(torch.randn(4, 6))

        def forward(self, x: Tensor) -> Any:
            asked = self.layer(self.queries.expand(len(x), 4, 6))
            h = self.embed(x)
            return (asked @ h.mT).softmax(-1) @ h

    examine(
        lambda seed: seeded(seed, Queries), [inputs(6, 3, 5, seed=seed) for seed in range(3)],
        lambda out: out, must=EITHER, may_be_input_free=True,
    )  # fmt: skip


class Logits(nn.Module):
    """Every input against every other, as CLIP's at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.other, self.layer = nn.Linear(5, 6), nn.Linear(5, 6), Read()

    def forward(self, x: Tensor) -> Any:
        return self.layer(self.embed(x) @ self.other(x).T)


@pytest.mark.parametrize("sizes", [(6, 6), (6, 6, 4)])
def test_inputs_against_inputs_are_left_out(sizes: tuple[int, ...]) -> None:
    data = [inputs(size, 5, seed=at) for at, size in enumerate(sizes)]
    examine(lambda seed: seeded(seed, Logits), data, lambda out: out, must=LEFT_OUT)


def test_scores_between_all_inputs_of_a_batch_with_positions() -> None:
    """(B, B, T): late interaction."""

    class Late(Logits):
        def forward(self, x: Tensor) -> Any:
            return self.layer(torch.einsum("atf,btf->abt", self.embed(x), self.other(x)))

    examine(
        lambda seed: seeded(seed, Late), [inputs(5, 4, 5, seed=seed) for seed in range(2)],
        lambda out: out, must=LEFT_OUT,
    )  # fmt: skip


class Graphs(nn.Module):
    """Nodes (N, F), each of a graph: messages along edges, then a sum for each graph."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer, self.head = nn.Linear(5, 6), Read(), nn.Linear(6, 3)

    def forward(self, x: Tensor, graph: Tensor) -> Any:
        h = torch.tanh(self.embed(x))
        pooled = torch.zeros(int(graph.max()) + 1, 6, dtype=h.dtype).index_add(0, graph, h)
        return self.head(self.layer(pooled))


@pytest.mark.parametrize("layer", ["layer", "head"])
@pytest.mark.parametrize("n_graphs", [4, 24])
def test_pooled_nodes(layer: str, n_graphs: int) -> None:
    """A row for each graph; the trace moves nodes. Never said to be of no input."""
    graph = torch.arange(24) * n_graphs // 24
    data = [{"x": inputs(24, 5, seed=seed), "graph": graph} for seed in range(3)]
    examine(
        lambda seed: seeded(seed, Graphs), data, lambda out: out[:, None], layer=layer, must=EITHER,
        folds=0,
    )  # fmt: skip
    folded = tell(*(seeded(seed, Graphs) for seed in (0, 1)), data, layer, folds=3)
    if folded.found is not None and layer in folded.found:
        assert folded.found.pair(layer).n_items == 3 * n_graphs

"""Batches of torch_geometric: their graphs are the inputs, without an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("torch_geometric")
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch, Data, HeteroData
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GCN, GINEConv, global_mean_pool

from concatenated import Graphs
from known_rows import REFUSALS, differences, inputs, run_compare, seeded, tell
from spanmatch.torch import capture, layer_info

if TYPE_CHECKING:
    from collections.abc import Sequence

# Of torch_geometric with Python 3.13.
pytestmark = pytest.mark.filterwarnings("ignore:Failing to pass a value to the 'type_params'")

NODES = [3, 1, 4, 2, 5, 2, 2, 2, 6, 1, 3, 4]
EDGES = [4, 2, 6, 3, 5, 3, 3, 3, 7, 1, 4, 5]
ONES = [1] * len(NODES)


def graphs(edges: Sequence[int] = EDGES) -> list[Any]:
    generator = torch.Generator().manual_seed(0)
    return [
        Data(
            x=inputs(n, 5, seed=at),
            edge_index=torch.randint(n, (2, n_edges), generator=generator),
            edge_attr=inputs(n_edges, 2, seed=at + 50),
            y=torch.tensor([float(at)]),
            name=f"graph {at}",
        )
        for at, (n, n_edges) in enumerate(zip(NODES, edges, strict=True))
    ]


def load(edges: Sequence[int] = EDGES, size: int = 6) -> Any:
    return DataLoader(graphs(edges), batch_size=size)


class Whole(Graphs):
    """The same model, given the batch itself."""

    def forward(self, batch: Any) -> Any:  # type: ignore[override]
        return super().forward(batch.x, batch.edge_index, batch.edge_attr, batch.batch)


class Convolutions(nn.Module):
    """Layers of torch_geometric, with graphs' own features."""

    def __init__(self) -> None:
        super().__init__()
        self.edges, self.nodes = nn.Linear(2, 5), nn.Linear(5, 5)
        self.layer = GINEConv(nn.Linear(5, 4))
        self.head = nn.Linear(4, 3)

    def forward(
        self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, batch: Any = None, *, more: Any = 0
    ) -> Any:
        h = self.layer(torch.tanh(self.nodes(x)), edge_index, self.edges(edge_attr))
        return self.head(global_mean_pool(h.relu(), batch))


def by_hand(model: nn.Module, loader: Any, layer: str, counts: Sequence[int]) -> Any:
    """The rows of each graph, of a plain hook: graph after graph, batch after batch."""
    held: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda _module, _args, out: held.append(out.detach())
    )
    batches, left = [], list(counts)
    for batch in loader:
        if isinstance(model, Whole):
            model(batch)
        else:
            model(batch.x, batch.edge_index, batch.edge_attr, batch.batch)
        own, left = left[: batch.num_graphs], left[batch.num_graphs :]
        batches.append([part.numpy() for part in held.pop().split(own)])
    handle.remove()
    return batches


LAYERS = [("nodes", NODES), ("edges", EDGES), ("layer", NODES), ("head", ONES)]


@pytest.mark.parametrize("kind", [Graphs, Whole, Convolutions])
@pytest.mark.parametrize(("layer", "counts"), LAYERS)
def test_nodes_edges_and_graphs(kind: Any, layer: str, counts: list[int]) -> None:
    a, b = seeded(0, kind), seeded(1, kind)
    told = tell(a, b, load(), layer, layers=[layer], nulls=2, folds=4)
    assert told.refusal is None, told.refusal
    assert told.found.inputs == told.found.pair(layer).n_items == 12
    sides = (by_hand(model, load(), layer, counts) for model in (a, b))
    assert differences(told, *sides, nulls=2, folds=4) == []


def test_every_layer_is_read() -> None:
    found = run_compare(seeded(0, Graphs), seeded(1, Whole), load(), folds=4)
    assert found.layers == ("nodes", "edges", "ends", "layer", "head")
    assert not found.left_out
    assert [found.pair(layer).n_items for layer in found] == [12] * 5


@pytest.mark.parametrize("kind", [Graphs, Whole])
@pytest.mark.parametrize(("layer", "counts"), LAYERS)
def test_as_many_edges_as_nodes(kind: Any, layer: str, counts: list[int]) -> None:
    """In the first batch there are, of other graphs; in the second there are more."""
    edges = NODES[:6][::-1] + EDGES[6:]
    assert sum(edges[:6]) == sum(NODES[:6])
    a, b = seeded(0, kind), seeded(1, kind)
    told = tell(a, b, load(edges), layer, nulls=2, folds=4)
    assert told.refusal is None, told.refusal
    own = edges if counts is EDGES else counts
    sides = (by_hand(model, load(edges), layer, own) for model in (a, b))
    assert differences(told, *sides, nulls=2, folds=4) == []


def test_as_many_edges_as_nodes_in_every_graph_of_the_first_batch() -> None:
    """Then either says whose the rows are, and later batches tell which they were."""
    edges = NODES[:6] + EDGES[6:]
    a, b = seeded(0, Graphs), seeded(1, Graphs)
    for layer, counts in (("layer", NODES), ("edges", edges)):
        told = tell(a, b, load(edges), layer, folds=4)
        sides = (by_hand(model, load(edges), layer, counts) for model in (a, b))
        assert differences(told, *sides, folds=4) == []


def test_nodes_in_another_order_are_left_out() -> None:
    class Model(Whole):
        def __init__(self) -> None:
            super().__init__()
            self.flipped = nn.Linear(5, 4)

        def forward(self, batch: Any) -> Any:  # type: ignore[override]
            self.flipped(batch.x.flip(0))
            return super().forward(batch)

    found = run_compare(seeded(0, Model), seeded(1, Model), load(), folds=4)
    assert set(found.left_out) == {"flipped"}
    assert "that the batch of graphs gives to other inputs" in found.left_out["flipped"]


@pytest.mark.parametrize("kind", [Graphs, Whole])
def test_edges_that_do_not_lie_graph_by_graph_are_left_out(kind: Any) -> None:
    batches = []
    for batch in load():
        order = torch.randperm(batch.num_edges, generator=torch.Generator().manual_seed(0))
        batch.edge_index, batch.edge_attr = batch.edge_index[:, order], batch.edge_attr[order]
        batches.append(batch)
    found = run_compare(seeded(0, kind), seeded(1, kind), batches, folds=4)
    assert set(found.left_out) == {"edges", "ends"}


def test_graphs_of_integers_alone() -> None:
    class Atoms(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Embedding(7, 5), nn.Linear(5, 3)

        def forward(self, x: Tensor, batch: Tensor) -> Any:
            return self.layer(global_mean_pool(self.embed(x), batch))

    generator = torch.Generator().manual_seed(0)
    data = [
        Data(x=torch.randint(7, (n + 2,), generator=generator), edge_index=torch.zeros(2, 0).long())
        for n in NODES
    ]
    found = run_compare(seeded(0, Atoms), seeded(1, Atoms), DataLoader(data, 6), folds=4)
    assert {layer: found.pair(layer).n_items for layer in found} == {"embed": 12, "layer": 12}
    assert found.pair("embed").n_samples == sum(NODES) + 24


def test_a_graph_without_edges_has_no_rows_among_edges() -> None:
    edges = [*EDGES[:3], 0, *EDGES[4:]]
    a, b = seeded(0, Graphs), seeded(1, Graphs)
    found = run_compare(a, b, load(edges), folds=4)
    assert found.inputs == found.pair("layer").n_items == 12
    assert found.pair("edges").n_items == 11


def test_one_graph_a_batch() -> None:
    found = run_compare(seeded(0, Whole), seeded(1, Whole), load(size=1), folds=4)
    assert found.inputs == 12
    assert [found.pair(layer).n_items for layer in found] == [12] * 5


def test_a_model_of_torch_geometric_itself() -> None:
    models = [seeded(seed, lambda: GCN(5, 4, 2)) for seed in (0, 1)]
    data = [Data(x=each.x, edge_index=each.edge_index) for each in graphs()]
    found = run_compare(*models, DataLoader(data, 6), folds=4)
    assert found.inputs == 12
    assert {found.pair(layer).n_items for layer in found} == {12}
    assert {found.pair(layer).n_samples for layer in found} == {sum(NODES)}


def test_capture_and_layer_info() -> None:
    model = seeded(0, Whole)
    batches = list(load())
    seen: dict[str, list[Any]] = {"edges": [], "layer": [], "head": []}
    for captured in capture(model, batches, list(seen)):
        seen[captured.layer].append(captured.rows_per_item)
    assert seen == {
        "edges": [EDGES[:6], EDGES[6:]],
        "layer": [NODES[:6], NODES[6:]],
        "head": [1, 1],
    }
    assert layer_info(model, batches[0])[0].shape == (17, 6)


def test_the_batches_are_left_as_they_were() -> None:
    batches = list(load())
    before = [dict(batch.to_dict()) for batch in batches]
    run_compare(seeded(0, Whole), seeded(1, Graphs), batches, folds=4)
    for batch, old in zip(batches, before, strict=True):
        assert all(batch[name] is value for name, value in old.items())
        assert torch.equal(batch.x, torch.cat([each.x for each in batch.to_data_list()]))


def test_what_is_no_batch_of_graphs_is_refused() -> None:
    a, b = seeded(0, Whole), seeded(1, Whole)
    with pytest.raises(TypeError, match=r"one DataBatch.*\[data\]"):
        run_compare(a, b, next(iter(load())))
    with pytest.raises(TypeError, match="torch_geometric"):
        run_compare(a, b, graphs())
    hetero = HeteroData()
    hetero["a"].x = torch.ones(3, 5)
    with pytest.raises(TypeError, match="several types"):
        run_compare(a, b, [Batch.from_data_list([hetero, hetero])])


@pytest.mark.parametrize("other", [{"mask": "batch"}, {"input_axis": 1}], ids=str)
def test_what_contradicts_graphs_is_refused(other: Any) -> None:
    with pytest.raises(ValueError, match="the batch of graphs"):
        run_compare(seeded(0, Graphs), seeded(1, Graphs), load(), **other)


def test_a_model_whose_arguments_the_batch_lacks_is_refused() -> None:
    class Lacking(nn.Module):
        def forward(self, features: Tensor, edge_index: Tensor) -> Any:
            return features

    with pytest.raises(REFUSALS, match="'features', 'edge_index'"):
        run_compare(Lacking(), Lacking(), load())


def test_items_said_beside_graphs_count() -> None:
    """The word of whoever asks comes first: here each pair of graphs is an input."""

    def count_pairs(batch: Any) -> Any:
        return batch.ptr.diff().reshape(-1, 2).sum(1)

    found = run_compare(
        seeded(0, Graphs), seeded(1, Graphs), load(), items=count_pairs, layers=["nodes"], folds=4
    )
    assert found.inputs == found.pair("nodes").n_items == 6

"""Inputs that lie one after the other on axis 0: `items` says how many rows each has."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

import spanmatch as sm
from concatenated import COUNTS, make, make_graphs, split_rows
from known_rows import REFUSALS, Read, cka, differences, inputs, run_compare, seeded, tell

EDGES = ([4, 2, 6, 3, 5, 3], [3, 3, 7, 1, 4, 5])
ONES = [[1] * 6, [1] * 6]


def graphs(edges: Any = EDGES) -> list[dict[str, Tensor]]:
    return [make_graphs(*each, seed=at) for at, each in enumerate(zip(COUNTS, edges, strict=True))]


def count(batch: Any) -> Tensor:
    return torch.bincount(batch["batch"])


@pytest.mark.parametrize("items", ["counts", count], ids=["a key", "a function"])
@pytest.mark.parametrize(
    ("layer", "counts"), [("nodes", COUNTS), ("layer", COUNTS), ("head", ONES)]
)
def test_nodes_and_graphs(items: Any, layer: str, counts: Any) -> None:
    a, b, data = make(0), make(1), graphs()
    told = tell(a, b, data, layer, items=items, nulls=2, folds=4)
    assert told.refusal is None, told.refusal
    assert told.found.inputs == told.found.pair(layer).n_items == 12
    sides = (split_rows(model, data, layer, counts) for model in (a, b))
    assert differences(told, *sides, nulls=2, folds=4) == []


def test_layers_of_another_number_of_rows_are_left_out() -> None:
    told = tell(make(0), make(1), graphs(), "ends", items="counts")
    assert told.found is None or "ends" not in told.found
    assert "`items`" in (told.refusal or "")
    assert {"edges", "ends"} == set(told.left)
    with pytest.raises(REFUSALS, match="17 rows"):
        run_compare(make(0), make(1), graphs(), layers=["ends", "nodes"], items="counts")


def test_as_many_edges_as_nodes_are_no_nodes() -> None:
    """In the first batch the numbers agree, and the graphs they are of do not."""
    edges = [COUNTS[0][::-1], EDGES[1]]
    assert sum(edges[0]) == sum(COUNTS[0])
    a, b, data = make(0), make(1), graphs(edges)
    told = tell(a, b, data, "layer", items="counts", folds=4)
    assert set(told.left) == {"edges", "ends"}
    assert "the rows of 'edge_attr'" in told.left["edges"]
    assert "that `items` gives to other inputs: choose another" in told.left["ends"]
    sides = (split_rows(model, data, "layer", COUNTS) for model in (a, b))
    assert differences(told, *sides, folds=4) == []


def test_without_pooled_layers_nothing_tells_which_of_both_are_the_nodes() -> None:
    edges = [COUNTS[0][::-1], EDGES[1]]
    with pytest.raises(REFUSALS, match="items"):
        run_compare(make(0), make(1), graphs(edges), layers=["layer"], items="counts")


class Turned(nn.Module):
    """Its `layer` has rows in another order than the inputs have."""

    def __init__(self, order: Any) -> None:
        super().__init__()
        self.embed, self.layer, self.order = nn.Linear(5, 6), nn.Linear(6, 4), order

    def forward(self, x: Tensor) -> Any:
        return self.layer(self.order(torch.tanh(self.embed(x))))


@pytest.mark.parametrize(
    "order",
    [lambda h: h.flip(0), lambda h: h.roll(1, 0), lambda h: h + h.mean(0), lambda h: h.sort(0)[0]],
    ids=["backwards", "one on", "of all", "sorted"],
)
def test_rows_in_another_order_are_left_out(order: Any) -> None:
    data = [{"x": inputs(sum(counts), 5, seed=2), "n": counts} for counts in COUNTS]
    models = [seeded(seed, lambda: Turned(order)) for seed in (0, 1)]
    told = tell(*models, data, items="n", folds=4)
    assert set(told.left) == {"layer"}
    assert "that `items` gives to other inputs" in told.left["layer"]
    assert told.found is None or told.found.pair("embed").n_items == 12


class Texts(nn.Module):
    """Packed token ids, mixed within each text; `lengths` says where it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Embedding(9, 6), nn.Linear(6, 4)
        self.heads = Read(lambda h: h.reshape(-1, 2, 2))

    def forward(self, ids: Tensor, lengths: Any) -> Any:
        parts = self.embed(ids).split(list(lengths))
        mixed = torch.cat([part.cumsum(0) for part in parts])
        return self.heads(self.layer(mixed))


def texts() -> list[dict[str, Any]]:
    generator = torch.Generator().manual_seed(0)
    return [
        {"ids": torch.randint(9, (sum(counts),), generator=generator), "lengths": list(counts)}
        for counts in COUNTS
    ]


@pytest.mark.parametrize("layer", ["embed", "layer"])
def test_packed_texts_of_integers(layer: str) -> None:
    models = [seeded(seed, Texts) for seed in (0, 1)]
    told = tell(*models, texts(), layer, items="lengths", nulls=2, folds=4)
    assert told.refusal is None, told.refusal
    x, y = (
        [
            [part.double().numpy() for part in output.split(list(of))]
            for output, of in zip(_hook(model, layer), COUNTS, strict=True)
        ]
        for model in models
    )
    assert differences(told, x, y, nulls=2, folds=4) == []


def _hook(model: nn.Module, layer: str) -> list[Tensor]:
    held: list[Tensor] = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda _module, _args, out: held.append(out.detach().clone())
    )
    for batch in texts():
        model(**batch)
    handle.remove()
    return held


def test_further_axes_are_positions_of_rows() -> None:
    models = [seeded(seed, Texts) for seed in (0, 1)]
    found = run_compare(*models, texts(), items="lengths", axis={"heads": 2}, folds=4)
    pair = found.pair("heads")
    assert (pair.n_items, pair.n_samples, pair.n_x) == (12, 2 * sum(map(sum, COUNTS)), 2)


def test_rows_against_one_are_averaged() -> None:
    a, b, data = make(0), make(1), graphs()
    found = run_compare(a, b, data, layers={"layer": "head"}, items="counts", folds=4)
    x = torch.cat([
        torch.stack([torch.tensor(part).mean(0) for part in batch])
        for batch in split_rows(a, data, "layer", COUNTS)
    ])  # fmt: skip
    y = torch.cat([
        torch.tensor(part) for batch in split_rows(b, data, "head", ONES) for part in batch
    ])  # fmt: skip
    with pytest.warns(sm.UndersampledWarning):
        told = sm.measures(found.pair("layer")).linear_cka
    assert told == pytest.approx(cka(x.numpy(), y.numpy()), abs=1e-6)
    assert "rows against one" in found.notes["layer"]


def test_all_pairs() -> None:
    found = run_compare(
        make(0), make(1), graphs(), layers=["layer", "head"], all_pairs=True, items="counts"
    )
    assert {found.pair(key).n_samples for key in found} == {12, sum(map(sum, COUNTS))}


@pytest.mark.parametrize("edges", [[COUNTS[0][::-1], EDGES[1]], EDGES])
def test_without_the_trace_it_is_taken_at_its_word(edges: Any) -> None:
    a, b, data = make(0), make(1), graphs(edges)
    told = tell(a, b, data, "layer", layers=["layer"], items="counts", trace=False, folds=4)
    assert told.refusal is None, told.refusal
    sides = (split_rows(model, data, "layer", COUNTS) for model in (a, b))
    assert differences(told, *sides, folds=4) == []


def test_one_input_a_batch() -> None:
    data = [make_graphs([n], [n + 1], seed=n) for n in (3, 4, 5, 6)]
    told = tell(make(0), make(1), data, "layer", items="counts", folds=4)
    assert told.found.inputs == told.found.pair("layer").n_items == 4
    assert set(told.left) == {"edges", "ends"}
    later = [*data, make_graphs(COUNTS[0], EDGES[0])]
    with pytest.raises(REFUSALS, match="put a batch of several inputs first"):
        run_compare(make(0), make(1), later, items="counts")
    assert run_compare(make(0), make(1), [data[0], later[-1]], items="counts").inputs == 7


@pytest.mark.parametrize("sizes", [2, 3, 7])
def test_few_inputs(sizes: int) -> None:
    counts = [[2 + (at * 3 + number) % 5 for at in range(sizes)] for number in range(3)]
    data = [make_graphs(each, [n + 1 for n in each], seed=at) for at, each in enumerate(counts)]
    a, b = make(0), make(1)
    told = tell(a, b, data, "layer", items="counts", folds=2)
    sides = (split_rows(model, data, "layer", counts) for model in (a, b))
    assert differences(told, *sides, folds=2) == []


def test_models_of_whole_tensors_take_items_too() -> None:
    """A batch that is a tensor: proteins one after the other."""
    models = [seeded(seed, lambda: nn.Sequential(nn.Linear(5, 4), nn.Tanh())) for seed in (0, 1)]
    data = [inputs(sum(counts), 5, seed=at) for at, counts in enumerate(COUNTS)]
    lengths = {sum(counts): counts for counts in COUNTS}
    told = tell(*models, data, "1", items=lambda batch: lengths[len(batch)], nulls=2, folds=4)
    sides = (split_rows(model, data, "1", COUNTS) for model in models)
    assert differences(told, *sides, nulls=2, folds=4) == []


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_narrow_types(kind: torch.dtype) -> None:
    models = [make(seed).to(kind) for seed in (0, 1)]
    found = run_compare(*models, graphs(), items="counts", folds=4)
    assert set(found.left_out) == {"edges", "ends"}
    assert {found.pair(layer).n_items for layer in found} == {12}


def test_many_inputs() -> None:
    counts = [1 + at % 4 for at in range(300)]
    data = [make_graphs(counts, [n + 1 for n in counts])]
    a, b = make(0), make(1)
    told = tell(a, b, data, "layer", items="counts", folds=4)
    assert set(told.left) == {"edges", "ends"}
    sides = (split_rows(model, data, "layer", [counts]) for model in (a, b))
    assert differences(told, *sides, folds=4) == []


def test_dead_rows_say_nothing() -> None:
    """Rectified outputs: the rows of some inputs are zero, whatever they are given."""

    class Rectified(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 4), nn.ReLU()

        def forward(self, x: Tensor) -> Any:
            return self.layer(self.embed(x) - 0.6 * (x[:, :1] > 0))

    data = [{"x": inputs(sum(counts), 5, seed=2), "n": counts} for counts in COUNTS]
    models = [seeded(seed, Rectified) for seed in (0, 1)]
    told = tell(*models, data, items="n", folds=4)
    sides = [split_rows(model, data, "layer", COUNTS) for model in models]
    assert any((rows == 0).all(1).any() for batch in sides[0] for rows in batch)
    assert differences(told, *sides, folds=4) == []


def test_a_layer_that_no_input_reaches_is_left_out() -> None:
    """It has as many rows as the inputs have, and is the same for all of them."""

    class Placed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.embed = nn.Linear(5, 4), nn.Linear(1, 4)

        def forward(self, x: Tensor) -> Any:
            places = torch.arange(len(x)).to(x.dtype)[:, None]
            return self.layer(x) + self.embed(places)

    data = [{"x": inputs(sum(counts), 5, seed=2), "n": counts} for counts in COUNTS]
    models = [seeded(seed, Placed) for seed in (0, 1)]
    told = tell(*models, data, items="n", folds=4)
    assert set(told.left) == {"embed"}
    assert "`trace=False`" in told.left["embed"]


def test_a_random_layer_is_named_as_such() -> None:
    class Shuffled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.embed = nn.Linear(5, 4), nn.Linear(5, 4)

        def forward(self, x: Tensor) -> Any:
            return self.embed(x), self.layer(x[torch.randperm(len(x))])

    data = [{"x": inputs(sum(counts), 5, seed=2), "n": counts} for counts in COUNTS]
    models = [seeded(seed, Shuffled) for seed in (0, 1)]
    told = tell(*models, data, items="n", folds=4)
    assert set(told.left) == {"layer"}
    assert "random" in told.left["layer"]

"""The plan of a comparison: what `compare` does with the same layers, budget and batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from spanmatch.torch import ModelError, compare
from spanmatch.torch.comparing import operations, pairing
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.comparing.plan import plan_comparison

if TYPE_CHECKING:
    from collections.abc import Callable

    from spanmatch.torch.comparing.plan import ComparisonPlan

MAPS = list(torch.randn(120, 3, 8, 8, generator=torch.Generator().manual_seed(3)).split(20))
TOKENS = [
    {"input_ids": ids}
    for ids in torch.randint(50, (24, 7), generator=torch.Generator().manual_seed(4)).split(12)
]
Dealt = tuple[Any, dict[str, str], list[dict[str, tuple[str, ...]]]]


class Maps(nn.Module):
    """Maps of two sizes, a layer that runs twice, and one that never does."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 12, 3, padding=1), nn.Conv2d(12, 20, 3, stride=2)
        self.act, self.head, self.idle = nn.ReLU(), nn.Linear(20, 5), nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Any:
        return self.head(self.act(self.second(self.act(self.first(x)))).mean((2, 3)))


def llama(layers: int = 3) -> nn.Module:
    transformers = pytest.importorskip("transformers")
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2}
    config = transformers.LlamaConfig(
        **sizes, num_hidden_layers=layers, num_key_value_heads=2, vocab_size=50
    )
    model: nn.Module = transformers.LlamaModel(config)
    return model


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return make()


@pytest.fixture
def dealt(monkeypatch: pytest.MonkeyPatch) -> list[Dealt]:
    """What layers were dealt into passes: their sizes, what was left out, the passes."""
    found: list[Dealt] = []
    for way in (pairing.EachAgainstOne, pairing.AllAgainstAll):

        def note(self: Any, lockstep: Any, sizes: Any, *more: Any, deal: Any, **rest: Any) -> Any:
            left_out, passes = deal(self, lockstep, sizes, *more, **rest)
            found.append((lockstep.drop_left_out(sizes), left_out, passes))
            return left_out, passes

        # A partial is no method of itself.
        wrapped = partial(note, deal=way.deal)
        monkeypatch.setattr(way, "deal", lambda self, *a, w=wrapped, **k: w(self, *a, **k))
    return found


@pytest.mark.parametrize(
    ("make", "data", "asked", "n_passes"),
    [
        (Maps, MAPS, {}, 1),
        (Maps, MAPS, {"max_memory": 150_000}, 2),
        (Maps, MAPS, {"max_memory": 250_000, "nulls": 3, "folds": 4}, 2),
        (Maps, MAPS, {"max_memory": 400_000, "all_pairs": True, "layers": "*", "nulls": 2}, 6),
        (llama, TOKENS, {"max_memory": 30_000, "layers": "**layers.*"}, 2),
        (llama, TOKENS, {"max_memory": 60_000}, 11),
        (llama, TOKENS, {"max_memory": 60_000, "all_pairs": True, "layers": "*.mlp"}, 3),
    ],
)
def test_passes_and_sizes_are_those_of_a_comparison(
    make: Callable[[], nn.Module],
    data: list[Any],
    asked: dict[str, Any],
    n_passes: int,
    dealt: list[Dealt],
) -> None:
    torch.manual_seed(0)
    compare(make(), make(), data, **asked, progress=False)
    plan = plan_comparison(on_meta(make), data[0], CompareOptions(**asked))
    (sizes, left_out, passes), of_plan = dealt
    assert of_plan[0] == sizes
    assert of_plan[2] == passes
    # Of what never runs a comparison says nothing.
    assert plan.left_out.keys() - {"idle"} == left_out.keys()
    assert len(plan.passes) == n_passes
    for each, part in zip(plan.passes, passes, strict=True):
        assert each.layers_a == [a for a in part if a != "idle"]
        assert asked.get("max_memory", each.memory) >= each.memory


def test_figures_of_a_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanmatch.torch.comparing.plan.measure_rate", lambda _: 1e6)
    plan = plan_comparison(on_meta(Maps), MAPS[0], CompareOptions())
    assert plan.parameters == 3 * 9 * 12 + 12 + 12 * 9 * 20 + 20 + 20 * 5 + 5 + 6
    assert plan.inputs == 20
    assert "it never ran" in plan.left_out["idle"]
    first = plan.layers[0]
    assert (first.name, first.type, first.neurons, first.calls) == ("first", "Conv2d", 12, 1)
    assert (first.rows, first.sums, first.outputs) == (64, 8 * 24**2, 4 * 20 * 12 * 64)
    act = next(layer for layer in plan.layers if layer.name == "act")
    assert (act.calls, act.neurons, act.rows) == (2, 20, 64)
    (whole,) = plan.passes
    assert whole.memory == sum(layer.sums + layer.outputs for layer in plan.layers)
    # Both sides' predictors and targets: what the core asks for before it begins.
    assert (plan.widest.a, plan.widest.beside) == ("second", 8 * 6 * 20**2)
    assert plan.sum_seconds == plan.sum_operations / 1e6
    # Twice the multiplications, of two models: of maps, and of the head.
    products = 64 * 27 * 12 + 9 * 108 * 20 + 20 * 5
    assert plan.forward_operations == 2 * 2 * products * 1000


def test_operations_are_those_of_symmetric_products(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spanmatch.torch.comparing.plan.measure_rate", lambda _: 1e6)
    plan = partial(plan_comparison, on_meta(Maps), MAPS[0])
    alone = plan(CompareOptions(layers="second"))
    assert alone.sum_operations == 1000 * 9 * 40**2
    assert alone.match_operations == 2 * 40**3
    assert plan(CompareOptions(layers="second", nulls=3)).sum_operations == 1000 * 9 * (
        40**2 + 3 * 2 * 20**2
    )
    pairs = plan(CompareOptions(layers=["first", "head"], all_pairs=True))
    own = 2 * 2 * (64 * 12**2 + 5**2)
    # Maps and logits meet as means over positions: one row an input.
    between = 2 * (64 * 12**2 + 2 * 12 * 5 + 5**2)
    assert pairs.sum_operations == 1000 * (own + between)
    in_two = plan(CompareOptions(layers="second", all_pairs=True, max_memory=10**6))
    assert len(in_two.passes) == 1


@pytest.mark.parametrize("all_pairs", [False, True])
def test_the_rate_is_measured_by_what_sums(
    *, all_pairs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "ROWS", 64)
    monkeypatch.setattr(operations, "WIDTH", 16)
    monkeypatch.setattr(operations, "_time", lambda work: (work(), 0.5)[1])
    options = CompareOptions(layers="*", all_pairs=all_pairs)
    assert operations.measure_rate(options) == (1 + all_pairs) * 64 * 32**2 / 0.5


def test_the_budget_is_what_was_said_or_half_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spanmatch.torch.comparing.budget.find_available", lambda: 300_000)
    monkeypatch.setattr("spanmatch.torch.comparing.plan.measure_rate", lambda _: 1e6)

    def plan(**asked: Any) -> ComparisonPlan:
        return plan_comparison(on_meta(Maps), MAPS[0], CompareOptions(**asked))

    found = plan(layers="head")
    assert (found.budget, found.free) == (150_000, 300_000)
    # More than there is here: the plan may be for another machine.
    assert plan(layers="*", max_memory=10**9).budget == 10**9
    with pytest.raises(MemoryError, match=r"layer 'first': the sums of its 12 \+ 12 neurons"):
        plan(layers="first", max_memory=1000)


def test_masks_are_left_out_of_the_batch() -> None:
    masked = {**TOKENS[0], "attention_mask": torch.zeros_like(TOKENS[0]["input_ids"])}
    plan = plan_comparison(on_meta(llama), masked, CompareOptions(layers="*.mlp"))
    assert [layer.rows for layer in plan.layers] == [7, 7, 7]


def test_values_are_not_looked_at() -> None:
    class Looking(Maps):
        def forward(self, x: Tensor) -> Any:
            return super().forward(x if bool(x.sum() > 0) else -x)

    with pytest.raises(ModelError, match="meta"):
        plan_comparison(on_meta(Looking), MAPS[0], CompareOptions())
    assert plan_comparison(Looking(), MAPS[0], CompareOptions()).layers

"""Experts: rows that a router has chosen are never paired by their place."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import EITHER, LEFT_OUT, Read, examine, inputs, seeded, tell

LAYERS: dict[str, Any] = {"linear": lambda: nn.Linear(6, 4), "own": Read}


class Experts(nn.Module):
    """A router sends tokens to experts: `kind` says how, `layer` sees what was sent."""

    def __init__(self, kind: str, layer: nn.Module, experts: int, capacity: int) -> None:
        super().__init__()
        self.embed, self.router = nn.Linear(5, 6), nn.Linear(6, experts)
        self.layer, self.kind, self.capacity = layer, kind, capacity

    def forward(self, x: Tensor) -> Any:
        h = torch.tanh(self.embed(x))
        tokens = h.flatten(0, -2)
        scores = self.router(tokens)
        if self.kind == "experts choose":  # (E, C, H): each expert its best
            return self.layer(tokens[scores.topk(self.capacity, dim=0).indices.T])
        if self.kind == "first come":  # (E, C, H): dropped when full, zeros where not
            sent = torch.zeros(scores.shape[1], self.capacity, 6, dtype=h.dtype)
            for expert in range(scores.shape[1]):
                mine = tokens[scores.argmax(1) == expert][: self.capacity]
                sent[expert, : len(mine)] = mine
            return self.layer(sent)
        if self.kind == "all in one":  # (B·T, H), by expert
            return self.layer(tokens[scores.argmax(1).argsort(stable=True)])
        # One expert's tokens alone, (n, H).
        best = scores[:, 0].topk(self.capacity).indices.sort().values
        return self.layer(tokens[best])


# (inputs, tokens, experts, capacity): so that E·C = B·T, or E = B, or E·C = B.
SIZES = [(6, 4, 3, 8), (3, 4, 3, 4), (6, 1, 2, 3), (6, 4, 2, 6), (4, 4, 4, 4)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("kind", ["experts choose", "first come", "one expert"])
def test_other_routers_choose_other_tokens(
    kind: str, name: str, sizes: tuple[int, int, int, int]
) -> None:
    n_inputs, length, experts, capacity = sizes

    def make(seed: int) -> nn.Module:
        return seeded(seed, lambda: Experts(kind, LAYERS[name](), experts, capacity))

    examine(
        make, [inputs(n_inputs, length, 5, seed=seed) for seed in range(3)],
        lambda out: out, must=LEFT_OUT, folds=2, others=("embed", "router"),
    )  # fmt: skip


@pytest.mark.parametrize("length", [1, 4])
@pytest.mark.parametrize("name", LAYERS)
def test_every_token_in_the_order_of_experts(name: str, length: int) -> None:
    """None is dropped: rows by token, or the layer is left out; never by place."""

    def make(seed: int) -> nn.Module:
        return seeded(seed, lambda: Experts("all in one", LAYERS[name](), 3, 0))

    data = [inputs(6, length, 5, seed=seed) for seed in range(3)]
    at = {seed: iter(_orders(make(seed), data)) for seed in (0, 1)}

    def lay_of(seed: int) -> Any:
        def lay(out: Tensor) -> Any:
            return out[next(at[seed]).argsort()].unflatten(0, (6, length))

        return lay

    examine(make, data, (lay_of(0), lay_of(1)), must=EITHER, folds=2, others=("embed", "router"))


@pytest.mark.parametrize("kind", ["experts choose", "first come", "one expert", "all in one"])
def test_a_model_against_itself_is_never_different_from_itself(kind: str) -> None:
    """The same router: whoever answers must answer that all matches."""
    model = seeded(0, lambda: Experts(kind, nn.Linear(6, 4), 3, 8))
    told = tell(model, model, [inputs(6, 4, 5, seed=seed) for seed in range(3)], folds=2)
    assert told.found is not None, told.refusal
    assert {"embed", "router"} <= set(told.found)
    if "layer" in told.found:
        assert told.found["layer"].similarity(0.0) == 1.0


def _orders(model: nn.Module, data: list[Tensor]) -> list[Tensor]:
    orders = []
    with torch.no_grad():
        for batch in data:
            scores = model.router(torch.tanh(model.embed(batch)).flatten(0, -2))  # type: ignore[operator]
            orders.append(scores.argmax(1).argsort(stable=True))
    return orders

"""Experts of random sizes: rows by the token that they are of, or a refusal.

SPANMATCH_FUZZ=2000 runs as many examples.
"""

from __future__ import annotations

import os
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from hypothesis import HealthCheck, Phase, assume, example, given, note, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from known_rows import NO_INPUT, Read, differences, inputs, record, seeded, tell

EXAMPLES = int(os.environ.get("SPANMATCH_FUZZ", "60"))
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]


class Routed(nn.Module):
    """`layer` sees the tokens that `route` has chosen, in its order."""

    def __init__(self, kind: str, experts: int, capacity: int, turn: str, linear: bool) -> None:
        super().__init__()
        self.embed, self.router = nn.Linear(4, 3), nn.Linear(3, experts)
        self.layer = nn.Linear(3, 2) if linear else Read()
        self.kind, self.capacity, self.turn = kind, capacity, turn

    def forward(self, x: Tensor) -> Any:
        tokens = torch.tanh(self.embed(x)).flatten(0, 1)
        padded = torch.cat([tokens, torch.zeros(1, 3, dtype=tokens.dtype)])
        return self.layer(padded[self.route(tokens)])

    def route(self, tokens: Tensor) -> Any:
        """Which token lies at each place; the last, which is none, where a place is empty."""
        scores = self.router(tokens)
        n_experts, none = scores.shape[1], len(tokens)
        if self.kind == "dropless":
            chosen = scores.argmax(1).argsort(stable=True)
        elif self.kind == "choose":
            chosen = scores.topk(min(self.capacity, none), dim=0).indices.T
        else:
            chosen = torch.full((n_experts, self.capacity), none)
            for expert in range(n_experts):
                mine = (scores.argmax(1) == expert).nonzero()[: self.capacity, 0]
                chosen[expert, : len(mine)] = mine
        if chosen.ndim == 2 and self.turn != "E C":
            chosen = chosen.T if self.turn == "C E" else chosen.flatten()
        return chosen


def list_rows(model: nn.Module, data: list[Tensor]) -> list[dict[int, Any]]:
    """Of each batch the rows by token; of a token that several experts saw, each in turn."""
    batches = []
    for batch, out in zip(data, record(model, data, "layer"), strict=True):
        with torch.no_grad():
            tokens = torch.tanh(model.embed(batch)).flatten(0, 1)  # type: ignore[operator]
            where = model.route(tokens).flatten().tolist()  # type: ignore[operator]
        rows = out.flatten(0, -2).numpy()
        found: dict[int, Any] = {}
        for at, token in enumerate(where):
            if token < len(tokens):
                found.setdefault(token, []).append(rows[at])
        batches.append(found)
    return batches


def _uses_all(model: Any, data: list[Tensor]) -> bool:
    """Whether every expert that takes what comes first sees a token of every batch."""
    with torch.no_grad():
        tokens = [torch.tanh(model.embed(batch)).flatten(0, 1) for batch in data]
        used = [model.router(each).argmax(1).unique() for each in tokens]
    return model.kind != "first come" or all(
        len(each) == model.router.out_features for each in used
    )


def find_sides(models: Any, data: list[Tensor], length: int) -> Any:
    """The tokens that both saw, as often as both saw them."""
    sides: tuple[list[Any], list[Any]] = ([], [])
    for a, b, batch in zip(*(list_rows(model, data) for model in models), data, strict=True):
        if any(len(a[token]) != len(b[token]) for token in a.keys() & b.keys()):
            return None
        kept = sorted(a.keys() & b.keys())
        for side, rows in zip(sides, (a, b), strict=True):
            wide = len(next(iter(rows.values()))[0])
            side.append(
                [
                    np.array([r for t in kept if t // length == at for r in rows[t]]).reshape(
                        -1, wide
                    )
                    for at in range(len(batch))
                ]
            )
    return sides if all(any(len(r) for r in batch) for batch in sides[0]) else None


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), phases=PHASES)
@given(
    kind=st.sampled_from(["choose", "first come", "dropless"]), experts=st.integers(2, 3),
    capacity=st.integers(1, 6), turn=st.sampled_from(["E C", "C E", "E·C"]), linear=st.booleans(),
    n_inputs=st.integers(2, 5), length=st.integers(1, 3), same=st.booleans(),
    folds=st.sampled_from([0, 2]), seed=st.integers(0, 99),
)  # fmt: skip
# Both experts choose the same token: its two rows are alike, as those of a dead layer.
@example(kind="choose", experts=2, capacity=1, turn="E·C", linear=True, n_inputs=2, length=1,
         same=True, folds=2, seed=2)  # fmt: skip
def test_random_experts(
    *, kind: str, experts: int, capacity: int, turn: str, linear: bool, n_inputs: int, length: int,
    same: bool, folds: int, seed: int,
) -> None:  # fmt: skip
    def make(of: int) -> nn.Module:
        return seeded(of, lambda: Routed(kind, experts, capacity, turn, linear))

    a = make(seed)
    b = make(seed + 1)
    if same:
        b.embed, b.router = deepcopy(a.embed), deepcopy(a.router)
    data = [inputs(n_inputs, length, 4, seed=seed + at) for at in range(2)]
    # The free places of an expert that no token ever reaches are as constant as a dead position.
    assume(all(_uses_all(model, data) for model in (a, b)))
    told = tell(a, b, data, folds=folds)
    note(f"shape {tuple(record(a, data, 'layer')[0].shape)}")
    if told.found is None or "layer" not in told.found:
        assert told.refusal
        assert "layer" in told.refusal or "layer" in told.left, told.refusal
        assert not NO_INPUT.search(told.refusal), told.refusal
        return
    sides = find_sides((a, b), data, length)
    assert sides is not None, "a silent difference: the routers chose other tokens"
    wrong = differences(told, *sides, folds=folds)
    assert not wrong, f"a silent difference: {'; '.join(wrong)}"

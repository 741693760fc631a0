"""Floats of a batch become the type of the model, where it has one, and stay as given otherwise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from spanmatch.torch import capture, compare

X = torch.randn(60, 4, generator=torch.Generator().manual_seed(1))


class Mixed(nn.Module):
    """Parts of several types, one after the other."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Tensor) -> Any:
        for part in self.parts:
            x = part(x.to(next(part.parameters()).dtype))
        return x


def of(model: nn.Module, batch: Tensor) -> dict[torch.dtype, dict[str, Tensor]]:
    kinds: list[torch.dtype] = []
    handle = model.register_forward_pre_hook(lambda _, args: kinds.append(args[0].dtype))
    found = dict(capture(model, [batch]))
    handle.remove()
    return {kinds[0]: found}


@pytest.mark.parametrize("given", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("first", [torch.float32, torch.float64])
def test_several_types(given: torch.dtype, first: torch.dtype) -> None:
    torch.manual_seed(0)
    model = Mixed(nn.Linear(4, 4).to(first), nn.Linear(4, 3).bfloat16())
    batch = X.to(given)
    ((kind, found),) = of(model, batch).items()
    assert kind == given
    with torch.no_grad():
        hidden = model.parts[0](batch.to(first))
        wanted = model.parts[1](hidden.bfloat16())
    assert torch.equal(found["parts.0"], hidden)
    assert torch.equal(found["parts.1"], wanted)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_one_type(kind: torch.dtype) -> None:
    model = Mixed(nn.Linear(4, 4), nn.Linear(4, 3)).to(kind)
    model.register_buffer("count", torch.zeros((), dtype=torch.float64))
    assert list(of(model, X)) == [kind]


def test_against_a_copy_in_one_type() -> None:
    torch.manual_seed(0)
    mixed = Mixed(nn.Linear(4, 4).double(), nn.Linear(4, 3).float())
    plain = Mixed(nn.Linear(4, 4), nn.Linear(4, 3)).double()
    plain.load_state_dict(mixed.state_dict())
    comparison = compare(mixed, plain, [X], progress=False)
    assert comparison.similarity(1e-5).tolist() == [1.0, 1.0]

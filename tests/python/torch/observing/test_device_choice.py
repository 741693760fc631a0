"""Where a model is asked to run, and there is no such place, or no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from spanmatch.torch import capture, compare, compare_many

if TYPE_CHECKING:
    from collections.abc import Callable

NET = nn.Linear(4, 3)
DATA = [torch.randn(10, 4, generator=torch.Generator().manual_seed(0))]
CALLS: dict[str, Callable[[Any], object]] = {
    "compare": lambda device: compare(NET, NET, DATA, device=device),
    "compare_many": lambda device: compare_many({"a": NET, "b": NET}, DATA, device=device),
    "capture": lambda device: list(capture(NET, DATA, device=device)),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("device", ["7", "nowhere", "cuda:99"])
def test_a_device_that_is_not_here(name: str, device: str) -> None:
    with pytest.raises(ValueError, match=f"`device` is '{device}', "):
        CALLS[name](device)
    with pytest.raises(TypeError):
        CALLS[name](3.5)


def test_no_layer_is_left_out_for_want_of_memory() -> None:
    """A model that fails when its inputs change places is left out, but not for that."""
    runs: list[int] = []

    class Hungry(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            runs.append(len(x))
            if len(runs) == 2:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried …")
            return x

    with pytest.raises(MemoryError, match=r"batch 0 .*out of memory .*fewer inputs"):
        compare(nn.Sequential(NET, Hungry()), nn.Sequential(NET), DATA, layers="0", progress=False)
    assert len(runs) == 2

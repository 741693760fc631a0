"""What the tests of observed models share: a small model, and all that one run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from spanmatch.comparison.keys import name_call
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from spanmatch.torch.observing.activations import Activations


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Dropout(),
        nn.Linear(64, 3),
    )  # fmt: skip


IMAGES = torch.linspace(-1, 1, 5 * 36).reshape(5, 1, 6, 6)


def state(net: nn.Module) -> Any:
    hooks = [
        len(kind)
        for part in net.modules()
        for kind in (part._forward_hooks, part._forward_pre_hooks, part._forward_hooks_with_kwargs)
    ]
    modes = [part.training for part in net.modules()]
    return (
        hooks,
        modes,
        torch.is_grad_enabled(),
        [(*part._modules.values(),) for part in net.modules()],
    )


def seen(net: nn.Module, batch: Any, layers: Any = None, **options: Any) -> dict[str, Activations]:
    found: dict[str, Activations] = {}
    with Observer(net, layers, **options) as observed:
        calls = observed.run(
            batch, lambda name, call, what: found.update({f"{name}#{call}": what.copy()})
        )
    names = {
        (name, int(call)): f"{name}#{call}" for name, call in (key.split("#") for key in found)
    }
    return {name_call(*each, calls[each[0]]): found[key] for each, key in names.items()}


def refuse(*_: Any) -> None:
    raise LookupError("refused")


class Returns(nn.Module):
    def __init__(self, what: Any) -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Any:
        return self.what(x)

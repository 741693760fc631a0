"""Models whose weights accelerate moves about: they run, and no weight stays where it was not."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from observing import refuse
from spanmatch.torch import ModelError, capture, compare, layer_info
from spanmatch.torch.observing.model_state import find_device
from spanmatch.torch.observing.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

accelerate = pytest.importorskip("accelerate")
X = torch.randn(60, 4, generator=torch.Generator().manual_seed(8))
NAMES = ["block.0", "block.1", "head"]


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.block = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
        self.head = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Any:
        return self.head(self.block(x))


def offload_to_host(folder: Path) -> Any:
    return accelerate.cpu_offload(Plain(), "cpu", offload_buffers=True)


def offload_whole_blocks(folder: Path) -> Any:
    return accelerate.cpu_offload(Plain(), "cpu", preload_module_classes=["Sequential"])


def offload_to_disk(folder: Path) -> Any:
    return accelerate.disk_offload(Plain(), str(folder), execution_device="cpu")


def dispatch(folder: Path) -> Any:
    places = {"block": "disk", "head": "cpu"}
    return accelerate.dispatch_model(Plain(), places, "cpu", offload_dir=str(folder))


every_way = pytest.mark.parametrize(
    "spread", [offload_to_host, offload_whole_blocks, offload_to_disk, dispatch]
)


def list_places(model: nn.Module) -> list[tuple[str, int]]:
    tensors = [*model.parameters(), *model.buffers()]
    return [(tensor.device.type, id(tensor)) for tensor in tensors]


@every_way
def test_rows_are_those_of_the_plain_model(spread: Callable[[Path], Any], tmp_path: Path) -> None:
    net = spread(tmp_path)
    before = list_places(net)
    assert "meta" in {place for place, _ in before}
    assert find_device(net).type == "cpu"
    wanted = dict(capture(Plain(), [X]))
    assert list(wanted) == NAMES
    for model in (net, nn.Sequential(net)):
        found = dict(capture(model, [X]))
        assert all(map(torch.equal, found.values(), wanted.values()))
    assert [layer.shape for layer in layer_info(net, X)] == [(60, 4), (60, 4), (60, 3)]
    for device in (None, "cpu"):
        for a, b in ((net, Plain()), (Plain(), net), (net, net)):
            comparison = compare(a, b, [X], device=device, progress=False)
            assert comparison.similarity(0.0).tolist() == [1.0, 1.0, 1.0]
    assert list_places(net) == before


@every_way
@pytest.mark.parametrize("failing", ["model", "receiver"])
def test_errors_leave_weights_where_they_were(
    spread: Callable[[Path], Any], failing: str, tmp_path: Path
) -> None:
    net = spread(tmp_path)
    before = list_places(net)
    with suppress(ModelError, LookupError), Observer(net) as observer:
        if failing == "model":
            observer.run(torch.ones(3, 5), lambda *_: None)
        observer.run(X, refuse)
        raise AssertionError
    assert list_places(net) == before
    assert torch.equal(dict(capture(net, [X]))["head"], dict(capture(Plain(), [X]))["head"])


def test_it_runs_where_accelerate_says(tmp_path: Path) -> None:
    net = offload_to_host(tmp_path)
    with pytest.raises(ValueError, match=r"`device` is 'meta', but accelerate runs the model on"):
        compare(net, net, [X], device="meta", progress=False)

"""Wrapped, compiled, tied and autocast models show what the plain ones show."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from observing import IMAGES, model, seen, state
from spanmatch.torch.observing.observer import Observer


def test_wrappers_are_looked_through() -> None:
    net = model().double()
    wanted = {name: what.rows() for name, what in seen(net, IMAGES).items()}
    compiled: Any = torch.compile(net, backend=never)
    first: Any = torch.compile(model().double(), backend=never)
    inside = nn.Sequential(first, nn.DataParallel(nn.Identity()))
    by_method = model().double()
    by_method.compile(backend=never)
    by_method[5].compile(backend=never)
    for wrapped, prefix in (
        (nn.DataParallel(net), ""), (compiled, ""), (nn.DataParallel(compiled), ""),
        (by_method, ""), (inside, "0."),
    ):  # fmt: skip
        before = state(wrapped)
        found = seen(wrapped, IMAGES)
        assert list(found) == [prefix + name for name in wanted]
        for name, rows in wanted.items():
            there = found[prefix + name].rows()
            # The same bits; but DataParallel moves its model to a GPU, if there is one.
            apart = 1e-12 if there.is_cuda else 0.0
            torch.testing.assert_close(there.cpu(), rows, rtol=0, atol=apart)
        assert state(wrapped) == before
    assert by_method._compiled_call_impl is not None
    assert by_method[5]._compiled_call_impl is not None


def never(*_: Any) -> Any:
    raise AssertionError("compiled code ran")


def test_distributed_data_parallel(tmp_path: Any) -> None:
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1
    )
    try:
        net = model()
        found = seen(nn.parallel.DistributedDataParallel(net), IMAGES)
    finally:
        torch.distributed.destroy_process_group()
    wanted = seen(net, IMAGES)
    assert list(found) == list(wanted)
    assert all(torch.equal(found[name].values, wanted[name].values) for name in wanted)


def test_autocast() -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    x = torch.randn(5, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = seen(net, x)
        # Weights cast without gradients must not be kept for a training step.
        loss = net(x).float().square().sum()
        with torch.no_grad():
            wanted = net(x)
    loss.backward()
    assert net[0].weight.grad is not None
    assert found["1"].values.dtype == torch.bfloat16
    assert torch.equal(found["1"].values, wanted)
    assert found["1"].means().dtype == torch.float32


class Tied(nn.Module):
    """One linear layer under two names, and an activation used three times."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.act = nn.ReLU()
        self.second = self.first

    def forward(self, x: Tensor) -> Any:
        return self.act(self.second(self.act(self.first(self.act(x)))))


def test_calls_are_told_apart() -> None:
    x = torch.randn(6, 4)
    net = Tied()
    found = seen(net, x)
    assert list(found) == ["act#0", "first#0", "act#1", "first#1", "act#2"]
    with torch.no_grad():
        assert torch.equal(found["act#0"].values, x.relu())
        assert torch.equal(found["first#1"].values, net.first(net.first(x.relu()).relu()))
    with Observer(net, ["act", "first"]) as observed:
        assert observed.layers == ("first", "act")
        assert list(observed.run(x, lambda *_: None).items()) == [("first", 2), ("act", 3)]


class Padded(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)

    def forward(self, x: Tensor, padding: Tensor) -> Any:
        return self.encoder(x, src_key_padding_mask=padding)


def test_padded_sequences_stay_whole() -> None:
    padding = torch.tensor([[0, 0, 1], [0, 0, 0]]).bool()
    net = Padded()
    batch = {"x": torch.randn(2, 3, 8), "padding": padding}
    found = seen(net, batch, mask=lambda batch: ~batch["padding"])
    assert found["encoder.layers.1.linear1"].rows().shape == (5, 16)
    assert net.encoder.use_nested_tensor

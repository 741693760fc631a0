"""Capture: a network on digits against a forward pass written by hand, and what it leaves."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

import spanmatch as sm
from spanmatch.torch.observing.capture import capture
from spanmatch.torch.observing.model_error import ModelError

DIGITS = torch.tensor(load_digits().images / 16, dtype=torch.float32)[:200, None]


class Net(nn.Module):
    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.bn = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Any:
        x = self.relu(self.bn(self.conv1(x)))
        x = self.relu(self.conv2(x))
        return self.head(self.drop(x.mean((2, 3))))


def by_hand(net: Net, x: Tensor) -> dict[str, Tensor]:
    def rows(maps: Tensor) -> Tensor:
        return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])

    with torch.no_grad():
        conv1 = F.conv2d(x, net.conv1.weight, net.conv1.bias, padding=1)
        bn = F.batch_norm(
            conv1,
            net.bn.running_mean,
            net.bn.running_var,
            net.bn.weight,
            net.bn.bias,
            eps=net.bn.eps,
        )
        relu0 = F.relu(bn)
        conv2 = F.conv2d(relu0, net.conv2.weight, net.conv2.bias, padding=1)
        relu1 = F.relu(conv2)
        head = F.linear(relu1.mean((2, 3)), net.head.weight, net.head.bias)
    maps = {"conv1": conv1, "bn": bn, "relu#0": relu0, "conv2": conv2, "relu#1": relu1}
    return {name: rows(value) for name, value in maps.items()} | {"head": head}


def test_every_layer_of_a_network_on_digits() -> None:
    net, found = Net(), []
    for batch in DIGITS.split(64):
        found += list(by_hand(net, batch).items())
    captured = list(capture(net, DIGITS.split(64)))
    assert [name for name, _ in captured] == [name for name, _ in found]
    assert all(
        torch.equal(rows, wanted) for (_, rows), (_, wanted) in zip(captured, found, strict=True)
    )
    assert captured[0][1].shape == (64 * 8 * 8, 8)
    assert not any(rows.requires_grad for _, rows in captured)


def test_rows_make_pairs() -> None:
    pair = sm.ActivationPair()
    sides = [capture(Net(seed), DIGITS.split(100), "conv2") for seed in (0, 1)]
    for (_, x), (_, y) in zip(*sides, strict=True):
        pair.update(x, y)
    assert (pair.n_samples, pair.n_x) == (200 * 64, 8)


def test_rows_are_the_callers() -> None:
    class Overwriting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Any:
            return self.linear(x).mul_(0)

    ((_, rows),) = capture(Overwriting(), [torch.ones(2, 4)], "linear")
    assert (rows != 0).any()


def test_the_model_is_free_between_yields() -> None:
    net = Net()
    net.drop.eval()
    states = [part.training for part in net.modules()]

    def untouched() -> bool:
        hooks = any(part._forward_hooks for part in net.modules())
        return not hooks and [part.training for part in net.modules()] == states

    def batches() -> Any:
        for batch in DIGITS.split(64):
            assert untouched()
            yield batch

    iterator = capture(net, batches())
    assert untouched()
    for _ in range(3):
        next(iterator)
        assert untouched()
        assert torch.is_grad_enabled()
    iterator.close()  # type: ignore[attr-defined]
    assert untouched()
    iterator = capture(net, batches())
    next(iterator)
    del iterator
    gc.collect()
    assert untouched()
    assert len(list(capture(net, batches(), "conv1"))) == 4
    assert untouched()


def test_a_training_step_between_yields() -> None:
    net = Net()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    before = net.head.weight.clone()
    for _ in capture(net, DIGITS.split(100), "head"):
        net(DIGITS[:10]).sum().backward()
        optimiser.step()
    assert not torch.equal(net.head.weight, before)


def test_batches_are_read_when_they_are_needed() -> None:
    read = []

    def batches() -> Any:
        for at, batch in enumerate(DIGITS.split(50)):
            read.append(at)
            yield batch

    iterator = capture(Net(), batches(), ["conv1", "head"])
    assert read == []
    next(iterator)
    assert read == [0]
    assert len(list(capture(Net(), batches(), "head", max_batches=2))) == 2


def test_what_is_wrong_shows_at_the_call() -> None:
    with pytest.raises(ValueError, match=r"near are: .*'conv1'"):
        capture(Net(), [], "conv3")
    for data in (DIGITS, {"x": DIGITS}):
        with pytest.raises(TypeError, match=r"\[data\]"):
            capture(Net(), data)


def test_an_error_names_the_batch_and_leaves_the_model_free() -> None:
    net = Net()
    iterator = capture(net, [DIGITS[:5], DIGITS[:5].repeat(1, 2, 1, 1)], "conv1")
    next(iterator)
    with pytest.raises(ModelError, match=r"layer 'conv1' \(Conv2d\), batch 1"):
        next(iterator)
    assert net.training
    assert not any(part._forward_hooks for part in net.modules())

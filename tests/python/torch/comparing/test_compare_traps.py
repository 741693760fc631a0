"""What real models do that would spoil a comparison unseen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import spanmatch as sm
from spanmatch.torch import capture, compare
from spanmatch.torch.comparing.all_pairs import AllPairs
from spanmatch.torch.observing.observer import Observer

X = torch.randn(160, 6, generator=torch.Generator().manual_seed(2))
BATCHES = X.split(40)


def linear(inputs: int, outputs: int, seed: int = 0) -> nn.Linear:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Linear(inputs, outputs)


class Overwriting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = linear(6, 4)

    def forward(self, x: torch.Tensor) -> Any:
        return self.layer(x.mul_(2).add_(1))


@pytest.mark.parametrize("kind", [tuple, dict, None])
def test_inputs_that_a_model_writes_over_stay_as_they_are(kind: Any) -> None:
    model = Overwriting()
    batches: list[Any] = [batch.clone() for batch in BATCHES]
    kinds: dict[Any, list[Any]] = {
        tuple: [(b, 0) for b in batches],
        dict: [{"x": b} for b in batches],
    }
    given = kinds.get(kind, batches)
    assert compare(model, model, given, progress=False)["layer"].similarity(0.0) == 1.0
    list(capture(model, given))
    for batch, before in zip(batches, BATCHES, strict=True):
        assert torch.equal(batch, before)


class Sparse(nn.Module):
    """Modules that never run, and one that gives whole numbers."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.unused, self.loss = nn.Linear(2, 2), nn.CrossEntropyLoss()
        self.layer, self.choice = linear(6, 4, seed=seed), Choice()

    def forward(self, x: torch.Tensor) -> Any:
        return self.choice(self.layer(x))


class Choice(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.argmax(1)


@pytest.mark.parametrize("layers", [None, "*", ["l*", "u*"]])
@pytest.mark.parametrize("all_pairs", [False, True])
def test_modules_that_give_nothing_are_passed_over(layers: Any, all_pairs: bool) -> None:
    if layers is None and all_pairs:
        return
    found = compare(
        Sparse(0), Sparse(1), BATCHES, layers=layers, all_pairs=all_pairs, progress=False
    )
    assert found.layers == ((("layer", "layer"),) if all_pairs else ("layer",))
    for named in (["unused", "layer"], {"unused": "layer"}):
        with pytest.raises(ValueError, match="'unused' is not part of the forward pass"):
            compare(Sparse(0), Sparse(1), BATCHES, layers=named, progress=False)


class Pooled(nn.Module):
    def __init__(self, size: int | None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 1)
        self.pool = nn.Identity() if size is None else nn.AdaptiveAvgPool2d(size)
        self.last = nn.Conv2d(3, 3, 1)

    def forward(self, x: torch.Tensor) -> Any:
        return self.last(self.pool(self.conv(x)))


@pytest.mark.parametrize("sizes", [(8, 12), (12, 8)])
def test_positions_and_means_are_not_mixed_in_one_pair(sizes: tuple[int, int]) -> None:
    data = [torch.randn(20, 1, size, size) for size in sizes]
    with pytest.raises(ValueError, match="agree in some batches, and differ in others"):
        compare(Pooled(None), Pooled(8), data, layers="last", progress=False)


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = linear(6, 4)

    def forward(self, x: torch.Tensor) -> Any:
        return self.layer(x + torch.randn_like(x))


def test_noise_goes_on_from_batch_to_batch_and_is_the_same_for_both_models() -> None:
    model, before = Noisy(), torch.get_rng_state()
    rows = [rows for _, rows in capture(model, [torch.zeros(40, 6)] * 3, trace=False)]
    assert not torch.equal(rows[0], rows[1])
    assert not torch.equal(rows[1], rows[2])
    comparison = compare(model, Noisy(), BATCHES, trace=False, progress=False)
    assert comparison["layer"].similarity(0.0) == 1.0
    assert torch.equal(torch.get_rng_state(), before)


def test_calls_that_differ_are_said_at_once() -> None:
    class Twice(Noisy):
        def forward(self, x: torch.Tensor) -> Any:
            self.layer(x)
            return self.layer(x)

    read = []

    def batches() -> Any:
        for batch in BATCHES:
            read.append(len(batch))
            yield batch

    with pytest.raises(ValueError, match="ran 2 times in A, but 'layer' 1 times in B"):
        compare(Twice(), Noisy(), batches(), trace=False, progress=False)
    assert len(read) == 1


def test_several_layers_of_a_stand_against_one_of_b() -> None:
    a = nn.Sequential(linear(6, 5), nn.ReLU(), linear(5, 4, seed=1))
    b = nn.Sequential(linear(6, 5, seed=2))
    found = compare(a, b, BATCHES, layers={"0": "0", "2": "0"}, progress=False)
    with torch.no_grad():
        for layer, x in (("0", a[0](X)), ("2", a(X))):
            np.testing.assert_allclose(found[layer].x, sm.spectrum(x, b(X)).x, rtol=0, atol=1e-9)
    with pytest.raises(ValueError, match="'x' of A is named twice, or under two names"):
        compare(tied(), tied(), BATCHES, layers={"x": "x", "y": "y"}, progress=False)


def tied() -> nn.Module:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.x = linear(6, 6)
            self.y = self.x

        def forward(self, z: torch.Tensor) -> Any:
            return self.y(self.x(z))

    return Tied()


def test_an_axis_may_be_said_for_layers_of_one_model() -> None:
    a, b = nn.Sequential(linear(6, 5)), nn.Sequential()
    b.add_module("x", linear(6, 5))
    found = compare(a, b, BATCHES, layers={"0": "x"}, axis={"0": 1}, progress=False)
    assert found["0"].similarity(0.0) == 1.0
    with pytest.raises(ValueError, match="no chosen layer of A or B matches 'y'"):
        compare(a, b, BATCHES, layers={"0": "x"}, axis={"y": 1}, progress=False)


def test_models_of_other_precision_and_extra_arguments() -> None:
    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = linear(6, 4)

        def forward(self, x: torch.Tensor) -> Any:
            return self.layer(x)

    data = [{"x": batch, "labels": torch.zeros(len(batch))} for batch in BATCHES]
    found = compare(Named(), Named().bfloat16(), data, progress=False)
    assert 0.0 < max(found["layer"].x) < 0.05


def test_errors_name_the_batch_also_for_all_pairs() -> None:
    bad = [batch.clone() for batch in BATCHES]
    bad[2][3, 4] = torch.nan
    model = nn.Sequential(linear(6, 5))
    with pytest.raises(ValueError, match=r"batch 2 \(counted from 0\): of A neuron 0"):
        compare(model, model, bad, layers="0", all_pairs=True, progress=False)
    with pytest.raises(ValueError, match=r"batch 1 \(counted from 0\) is empty"):
        compare(model, model, [X, X[:0]], progress=False)
    with pytest.raises(TypeError, match=r"such as \[data\]"):
        compare(model, model, {"x": X}, progress=False)


def test_rows_of_b_are_let_go_when_its_layer_is_done() -> None:
    model = nn.Sequential(linear(6, 5), linear(5, 4))
    collector, outputs_a = AllPairs(dict.fromkeys("01", ("0", "1"))), {}
    with Observer(model) as observed:
        observed.run(X, lambda name, call, seen: outputs_a.update({(name, call): seen.copy()}))
        collector.begin_batch([outputs_a])
        observed.run(X, collector.receive)
    assert {side for side, _, _ in collector._rows} == {"A"}
    assert len(collector._rows) == 2


def test_turned_signals_of_equal_sides_are_not_guessed() -> None:
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.act, self.fc = nn.Conv1d(1, 16, 1), nn.GELU(), nn.Linear(16, 3)

        def forward(self, x: torch.Tensor) -> Any:
            return self.fc(self.act(self.conv(x).transpose(1, 2) + 0))

    model = Turned()
    with pytest.raises(ValueError, match=r"'act' .* not known which axis"):
        list(capture(model, [torch.randn(2, 1, 16)], "act"))
    assert len(list(capture(model, [torch.randn(2, 1, 16)], "act", axis=-1))) == 1

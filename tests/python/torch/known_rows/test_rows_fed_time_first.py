"""Which axis of the data runs over inputs: axis 0, or `input_axis`."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import REFUSALS, by_hand, differences, inputs, record, run_compare, seeded, tell
from spanmatch.torch import capture


class Recurrent(nn.Module):
    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.layer, self.head = kind(5, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Any:
        return self.head(self.layer(x)[0])


def make(seed: int, kind: Any = nn.GRU) -> nn.Module:
    return seeded(seed, lambda: Recurrent(kind))


def data(length: int = 4, n_inputs: int = 6) -> list[Tensor]:
    """(T, B, F)."""
    return [inputs(length, n_inputs, 5, seed=seed) for seed in range(3)]


@pytest.mark.parametrize("length", [4, 6])
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("layer", ["layer", "head"])
def test_input_axis(kind: Any, length: int, layer: str) -> None:
    models = make(0, kind), make(1, kind)
    told = tell(*models, data(length), layer, input_axis=1, nulls=2, folds=3)
    assert told.refusal is None, told.refusal
    assert told.found.inputs == 18
    x, y = (
        by_hand(record(m, data(length), layer), lambda out: out.transpose(0, 1)) for m in models
    )
    assert differences(told, x, y, nulls=2, folds=3) == []


@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM, nn.RNN])
def test_without_it_a_module_known_to_be_time_first_is_refused(kind: Any) -> None:
    models = make(0, kind), make(1, kind)
    with pytest.raises(REFUSALS, match="input_axis"):
        run_compare(*models, data(), layers=["layer"])
    told = tell(*models, data(), folds=2)
    assert "input_axis" in (told.refusal or "")


def test_the_whole_model_is_the_layer() -> None:
    """What the README's three lines do with torch's own GRU."""
    models = [seeded(seed, lambda: nn.GRU(5, 4)) for seed in (0, 1)]
    with pytest.raises(REFUSALS, match="input_axis"):
        run_compare(*models, data())
    found = run_compare(*models, data(), input_axis=1, folds=3)
    assert found.inputs == 18
    assert found.pair(found.layers[0]).n_items == 18


def test_a_transformer_of_torch() -> None:
    """batch_first=False is its default too."""
    models = [seeded(seed, lambda: nn.TransformerEncoderLayer(4, 2, 8)) for seed in (0, 1)]
    batches = [inputs(3, 6, 4, seed=seed) for seed in range(3)]
    with pytest.raises(REFUSALS, match="input_axis"):
        run_compare(*models, batches, layers=["self_attn"])
    found = run_compare(*models, batches, input_axis=1, folds=3)
    assert found.inputs == 18
    assert {found.pair(layer).n_items for layer in found} == {18}


def test_mapping_and_mask() -> None:
    """A mask lies as the data do, or as inputs × positions; its shape tells."""

    class Masked(Recurrent):
        def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
            return super().forward(x)

    models = [seeded(seed, lambda: Masked(nn.GRU)) for seed in (0, 1)]
    mask = torch.arange(4)[:, None] <= torch.arange(6) % 4
    batches = [{"x": x, "attention_mask": mask} for x in data()]
    told = tell(*models, batches, input_axis=1, folds=3)
    if told.refusal is None:
        x, y = (
            by_hand(record(m, batches, "layer"), lambda out: out.transpose(0, 1), [mask.T] * 3)
            for m in models
        )
        assert differences(told, x, y, folds=3) == []


@pytest.mark.parametrize("axis", [3, -4, 1.5, "time"])
def test_wrong_axes_are_refused(axis: Any) -> None:
    with pytest.raises(REFUSALS, match="input_axis"):
        run_compare(make(0), make(1), data(), input_axis=axis)


@pytest.mark.parametrize("length", [4, 6])
def test_capture_takes_it_too(length: int) -> None:
    call: Any = capture
    model = make(0)
    rows = [rows for layer, rows in call(model, data(length), ["layer"], input_axis=1)]
    for found, out in zip(rows, record(model, data(length), "layer"), strict=True):
        assert torch.equal(found, out.transpose(0, 1).reshape(-1, 4))

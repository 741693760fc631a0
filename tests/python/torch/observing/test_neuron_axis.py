"""The neurons' axis: from what a layer is, from what it was given, from shapes, or an error."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torchvision.models.convnext import CNBlock, LayerNorm2d
from torchvision.models.swin_transformer import SwinTransformerBlock
from torchvision.ops import Permute
from transformers.pytorch_utils import Conv1D

from spanmatch.torch.observing.layer_info import layer_info
from spanmatch.torch.observing.neuron_axis import Axes, find_own_axis


class Function(nn.Module):
    """A module that says nothing of its axis."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Any:
        return self.function(x)


def axes(model: nn.Module, *shape: int, layers: str | None = None) -> dict[str, int | None]:
    return {layer.name: layer.axis for layer in layer_info(model, torch.randn(shape), layers)}


@pytest.mark.parametrize(
    ("module", "shape", "axis"),
    [
        (nn.Conv1d(3, 4, 1), (2, 3, 5), 1),
        (nn.Conv2d(3, 4, 1), (2, 3, 4, 4), 1),
        (nn.Conv3d(3, 4, 1), (2, 3, 4, 4, 4), 1),
        (nn.ConvTranspose2d(3, 4, 2), (2, 3, 4, 4), 1),
        (nn.BatchNorm1d(3), (2, 3, 5), 1),
        (nn.BatchNorm2d(4), (2, 4, 4, 4), 1),
        (nn.InstanceNorm2d(4), (2, 4, 4, 4), 1),
        (nn.GroupNorm(2, 4), (2, 4, 4, 4), 1),
        (nn.MaxPool2d(2), (2, 5, 8, 8), 1),
        (nn.AdaptiveAvgPool1d(3), (2, 5, 8), 1),
        (nn.Upsample(scale_factor=2), (2, 5, 8, 6), 1),
        (nn.Linear(5, 5), (2, 5, 5, 5), 3),
        (nn.LayerNorm(5), (2, 5, 5, 5), 3),
        (nn.RMSNorm(5), (2, 5, 5, 5), 3),
        (nn.GRU(5, 6), (2, 3, 5), 2),
        (Conv1D(6, 5), (2, 5, 5, 5), 3),
        (LayerNorm2d(4), (2, 4, 6, 5), 1),
        # As wide as it has channels: the name tells.
        (LayerNorm2d(4), (2, 4, 4, 4), 1),
        (LayerNorm2d(4), (2, 4, 6, 4), 1),
        (nn.ReLU(), (2, 5), 1),
        (nn.ReLU(), (2, 5, 5), 2),
        # Only one reading has square maps.
        (nn.ReLU(), (2, 3, 5, 5), 1),
        (nn.ReLU(), (2, 5, 5, 3), 3),
        (nn.ReLU(), (2, 3, 5, 5, 5), 1),
        (nn.ReLU(), (2, 5, 5, 5, 3), 4),
        (nn.ReLU(), (2, 5, 5, 5), None),
        (nn.ReLU(), (2, 3, 4, 5), None),
        (nn.ReLU(), (2, 5, 4, 5), None),
        (nn.LayerNorm([5, 4]), (2, 3, 5, 4), None),
    ],
    ids=str,
)
def test_a_layer_alone(module: nn.Module, shape: tuple[int, ...], axis: int | None) -> None:
    (found,) = axes(module, *shape, layers="").values()
    assert found == axis


def test_embeddings() -> None:
    (layer,) = layer_info(nn.Embedding(9, 4), torch.zeros(4, 4, 4, dtype=torch.long))
    assert (layer.axis, layer.neurons, layer.positions) == (3, 4, (4, 4))


@pytest.mark.parametrize("inplace", [False, True])
def test_activations_have_the_axis_of_what_they_are_given(inplace: bool) -> None:
    # 8 channels of 8 × 8: no shape could tell.
    first = nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(inplace), nn.Dropout(), nn.SiLU(inplace))
    assert set(axes(first, 2, 1, 8, 8, layers="*").values()) == {1}
    last = nn.Sequential(nn.Linear(8, 8), nn.ReLU(inplace), nn.Dropout(), nn.SiLU(inplace))
    assert set(axes(last, 2, 8, 8, 8, layers="*").values()) == {3}


def test_pooling_keeps_the_axis() -> None:
    model = nn.Sequential(nn.Linear(6, 6), nn.MaxPool2d((2, 1)), nn.ReLU())
    assert axes(model, 2, 3, 8, 6) == {"0": 3, "1": 3, "2": 3}


def test_permuted_maps() -> None:
    there, back = [0, 2, 3, 1], [0, 3, 1, 2]
    model = nn.Sequential(
        nn.Conv2d(8, 8, 1), Permute(there), nn.GELU(), Permute(back), nn.GELU(), nn.ReLU()
    )
    assert list(axes(model, 2, 8, 8, 8).values()) == [1, 3, 3, 1, 1, 1]


def test_a_function_between_layers_keeps_the_shape() -> None:
    # The maps are oblong, then 8 × 8 with 8 channels: these could have been turned round.
    for shape, axis in (((6, 5), 1), ((8, 8), None)):
        model = nn.Sequential(
            nn.Conv2d(1, 8, 1), Function(lambda x: F.relu(x) + 1), Function(torch.tanh)
        )
        assert list(axes(model, 2, 1, *shape).values()) == [1, axis, axis]
    known = nn.Sequential(nn.Conv2d(1, 8, 1), nn.GELU(), nn.Tanh())
    assert set(axes(known, 2, 1, 8, 8).values()) == {1}


def test_signals_are_not_taken_for_tokens() -> None:
    model = nn.Sequential(nn.Conv1d(1, 4, 3), nn.ReLU(), Function(lambda x: x[..., ::2] + 0))
    assert axes(model, 2, 1, 9) == {"0": 1, "1": 1, "2": None}


def test_oblong_maps_are_not_read_by_squares() -> None:
    # (N, 6, 6, 3): 6 channels of 6 × 3, and not 3 channels of 6 × 6.
    model = nn.Sequential(nn.Conv2d(1, 6, 1), Function(lambda x: x[..., :3] + 0), nn.ReLU())
    assert axes(model, 2, 1, 6, 8) == {"0": 1, "1": None, "2": None}
    # The same shape where maps are square can be of channels-last maps alone.
    assert axes(model, 2, 1, 6, 6)["1"] == 3


def test_a_block_has_the_axis_of_the_layer_whose_output_it_returns() -> None:
    block = nn.Sequential(Permute([0, 2, 3, 1]), nn.Linear(8, 8))
    assert axes(nn.Sequential(nn.Conv2d(1, 8, 1), block), 2, 1, 8, 8, layers="?")["1"] == 3


def test_two_readings_of_one_shape_are_none() -> None:
    def apart(x: Tensor) -> Tensor:
        return x.flatten(1) + 1

    both = nn.Sequential(nn.Conv2d(5, 5, 1), nn.Linear(5, 5))
    again = nn.Sequential(Function(apart), nn.Unflatten(1, (5, 5, 5)))
    assert axes(nn.Sequential(nn.Conv2d(5, 5, 1), again), 2, 5, 5, 5)["1.1"] is None
    assert axes(nn.Sequential(both, again), 2, 5, 5, 5)["1.1"] is None


def test_a_tensor_that_has_gone_says_nothing_of_the_next() -> None:
    known = Axes()
    gone = torch.ones(2, 3, 4, 5)
    known.note(gone, 1)
    identity = id(gone)
    del gone
    for _ in range(100):
        heir = torch.ones(2, 5, 4, 3)
        if id(heir) == identity:
            assert known.get_axis(heir) is None
            return
        del heir
    pytest.skip("no tensor came to lie where the first had been")


def test_channels_last_blocks() -> None:
    torch.manual_seed(0)
    # As many channels as the maps are wide.
    block = nn.Sequential(nn.Conv2d(3, 8, 1), CNBlock(8, 1.0, 0.0))
    found = axes(block, 2, 3, 8, 8, layers="*")
    inside = {"0": 1, "2": 3, "3": 3, "4": 3, "5": 3, "1": 3, "6": 1}
    assert {name[-1]: at for name, at in found.items() if ".block." in name} == inside
    # It adds: its output could have been turned round.
    assert found["1"] is None
    assert axes(block, 2, 3, 7, 9, layers="*")["1"] == 1
    swin = nn.Sequential(
        nn.Conv2d(3, 8, 1),
        Permute([0, 2, 3, 1]),
        nn.LayerNorm(8),
        SwinTransformerBlock(8, 2, [4, 4], [2, 2]),
    )
    found = axes(swin, 2, 3, 8, 8, layers="*")
    assert found.pop("0") == 1
    unknown = {name for name, at in found.items() if at != 3}
    assert all(found[name] is None and "." not in name.removeprefix("3.") for name in unknown)


def test_token_mixing() -> None:
    class Mixer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.LayerNorm(6)
            self.tokens = nn.Sequential(nn.Linear(4, 5), nn.GELU(), nn.Linear(5, 4))
            self.channels = nn.Sequential(nn.Linear(6, 7), nn.GELU(), nn.Linear(7, 6))

        def forward(self, x: Tensor) -> Any:
            x = x + self.tokens(self.norm(x).transpose(1, 2)).transpose(1, 2)
            return x + self.channels(x)

    table = layer_info(Mixer(), torch.ones(2, 4, 6))
    assert {layer.name: layer.neurons for layer in table} == {
        "norm": 6, "tokens.0": 5, "tokens.1": 5, "tokens.2": 4,
        "channels.0": 7, "channels.1": 7, "channels.2": 6,
    }  # fmt: skip


def test_maps_of_a_single_image_without_batch() -> None:
    assert find_own_axis(nn.Conv2d(3, 8, 1), torch.ones(8, 4, 4)) == 0
    assert axes(nn.Conv2d(3, 8, 1), 3, 4, 4) == {"": None}

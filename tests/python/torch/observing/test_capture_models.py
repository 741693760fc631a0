"""Real models of torchvision, timm and transformers, with random weights.

Of each, the rows of three layers equal what a hook written here keeps, and every layer that is
captured by default has an axis.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import swin_t

from library_models import IMAGES, MASK, MODELS, NAMES, TEXT, bert
from spanmatch.torch.observing.capture import capture

if TYPE_CHECKING:
    from collections.abc import Callable

# Made once for all tests.
built = cache(lambda make: make())


def hooked(model: nn.Module, batch: dict[str, Any], layers: dict[str, int]) -> dict[str, Tensor]:
    kept: dict[str, Tensor] = {}
    handles = []
    for name in layers:

        def hook(_: Any, __: Any, output: Any, name: str = name) -> None:
            kept[name] = (output[0] if isinstance(output, tuple) else output).clone()

        handles.append(model.get_submodule(name).register_forward_hook(hook))
    with torch.no_grad():
        model.eval()(*batch.values()) if "images" in batch else model.eval()(**batch)
    for handle in handles:
        handle.remove()
    return kept


def rows_of(output: Tensor, axis: int, mask: Tensor | None) -> Tensor:
    last = torch.stack(output.unbind(axis), -1)
    if mask is None or output.ndim == 2:
        return last.reshape(-1, last.shape[-1])
    return torch.stack([last[b, t] for b, t in mask.nonzero().tolist()])


def given(batch: dict[str, Any]) -> Any:
    return batch.get("images", batch)


@pytest.mark.parametrize(("make", "batch", "layers"), MODELS, ids=NAMES)
def test_three_layers_of_a_real_model(
    make: Callable[[], nn.Module], batch: dict[str, Any], layers: dict[str, int]
) -> None:
    torch.manual_seed(0)
    model = built(make).train()
    captured = dict(capture(model, [given(batch)], list(layers)))
    assert model.training
    wanted = hooked(model, batch, layers)
    assert captured.keys() == layers.keys()
    for name, axis in layers.items():
        rows = rows_of(wanted[name], axis, batch.get("attention_mask"))
        assert torch.equal(captured[name], rows), name


@pytest.mark.parametrize(("make", "batch", "layers"), MODELS, ids=NAMES)
def test_every_layer_by_default(
    make: Callable[[], nn.Module], batch: dict[str, Any], layers: dict[str, int]
) -> None:
    model = built(make)
    captured = [name.split("#")[0] for name, _ in capture(model, [given(batch)])]
    computing = (nn.Conv2d, nn.LayerNorm, nn.BatchNorm2d, nn.Embedding, nn.MultiheadAttention)
    for name, module in model.named_modules():
        if isinstance(module, computing):
            # What embeds positions is of no input.
            assert (name in captured) != name.endswith(("position_embeddings", "wpe"))


def test_swin_by_hand() -> None:
    model = built(swin_t).eval()
    images = IMAGES["images"]
    captured = dict(capture(model, [images], ["features.0.0", "features.1.0.norm1", "head"]))
    with torch.no_grad():
        stem = model.features[0][0](images)
        tokens = model.features[0][2](stem.permute(0, 2, 3, 1))
        normed = model.features[1][0].norm1(tokens)
    assert torch.equal(captured["features.0.0"], stem.permute(0, 2, 3, 1).reshape(-1, 96))
    assert torch.equal(captured["features.1.0.norm1"], normed.reshape(-1, 96))
    assert torch.equal(captured["head"], model(images).detach())


def test_the_output_of_a_model_of_transformers() -> None:
    model = built(bert).eval()
    ((_, rows),) = capture(model, [TEXT], [""])
    with torch.no_grad():
        hidden = model(**TEXT).last_hidden_state
    assert torch.equal(rows, hidden[MASK.bool()])

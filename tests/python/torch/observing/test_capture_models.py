"""Real models of torchvision, timm and transformers, with random weights.

Of each, the rows of three layers equal what a hook written here keeps, and every layer that is
captured by default has an axis.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import timm
import torch
from torch import Tensor, nn
from torchvision.models import convnext_tiny, resnet18, swin_t, vit_b_16
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

from spanmatch.torch.observing.capture import capture

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = {"images": torch.linspace(-2, 2, 2 * 3 * 32 * 32).sin().reshape(2, 3, 32, 32)}
MASK = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]])
TEXT = {"input_ids": torch.arange(15).reshape(3, 5) % 11, "attention_mask": MASK}


def bert() -> nn.Module:
    return BertModel(
        BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                   intermediate_size=64, vocab_size=50)
    )  # fmt: skip


def gpt2() -> nn.Module:
    return GPT2LMHeadModel(
        GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=50, n_positions=16,
                   bos_token_id=0, eos_token_id=0)
    )  # fmt: skip


def small_vit() -> nn.Module:
    return vit_b_16(image_size=32)


def tiny_timm_vit() -> nn.Module:
    return timm.create_model("vit_tiny_patch16_224", img_size=32)


# Three layers of each, and on which axis their neurons lie.
MODELS: list[tuple[Callable[[], nn.Module], dict[str, Any], dict[str, int]]] = [
    (resnet18, IMAGES, {"conv1": 1, "layer2.0": 1, "fc": 1}),
    (convnext_tiny, IMAGES, {
        "features.1.0.block.0": 1, "features.1.0.block.4": 3, "features.3": 1,
    }),
    (swin_t, IMAGES, {"features.1.0.attn": 3, "features.1.0.mlp.1": 3, "features.2": 3}),
    (small_vit, IMAGES, {
        "conv_proj": 1, "encoder.layers.encoder_layer_0.self_attention": 2,
        "encoder.layers.encoder_layer_1": 2,
    }),
    (tiny_timm_vit, IMAGES, {"patch_embed": 2, "blocks.0.mlp.act": 2, "blocks.3": 2}),
    (bert, TEXT, {"embeddings": 2, "encoder.layer.0.attention": 2, "pooler.activation": 1}),
    (gpt2, TEXT, {"transformer.h.0.attn.c_attn": 2, "transformer.h.1": 2, "lm_head": 2}),
]  # fmt: skip
# Made once for all tests.
built = cache(lambda make: make())
NAMES = [make.__name__ for make, _, _ in MODELS]


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
            assert name in captured


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

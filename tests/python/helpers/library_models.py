"""Models of torchvision, timm and transformers, small ones with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import timm
import torch
from torchvision.models import convnext_tiny, resnet18, swin_t, vit_b_16
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

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
    network: nn.Module = vit_b_16(image_size=32)
    return network


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
NAMES = [make.__name__ for make, _, _ in MODELS]

"""Real models with random weights: copies match fully at ε = 0, two seeds do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from library_models import MODELS, NAMES
from spanmatch.torch import compare

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

# Enough samples for the widest layer compared to tell two seeds apart.
GENERATOR = torch.Generator().manual_seed(5)
MAPS = torch.randn(32, 3, 32, 32, generator=GENERATOR).split(16)
# 5 tokens of each: enough for 768 hidden units.
PATCHES = torch.randn(180, 3, 32, 32, generator=GENERATOR).split(60)
TOKENS = torch.randint(0, 50, (120, 9), generator=GENERATOR)
LENGTHS = torch.arange(120)[:, None] % 9
TEXTS = [
    {"input_ids": ids, "attention_mask": mask}
    for ids, mask in zip(
        TOKENS.split(40), (torch.arange(9) <= LENGTHS).long().split(40), strict=True
    )
]
# Layers with more samples than neurons, and none that is linear in the pixels of a patch: of those
# any two seeds span the same.
CHOSEN: dict[str, tuple[Any, list[str]]] = {
    "resnet18": (MAPS, ["layer1.0.conv2", "layer1.0.bn2"]),
    "convnext_tiny": (MAPS, ["features.1.0.block.0", "features.1.1.block.5"]),
    "swin_t": (MAPS, ["features.1.0.norm1", "features.1.0.mlp.0"]),
    "small_vit": (PATCHES, ["encoder.layers.encoder_layer_1.ln_2"]),
    "tiny_timm_vit": (PATCHES, ["blocks.0.norm1", "blocks.1.mlp.fc2"]),
    "bert": (TEXTS, ["encoder.layer.0.output.dense", "encoder.layer.1.output.dense"]),
    "gpt2": (TEXTS, ["transformer.h.0.mlp.c_proj", "transformer.h.1.mlp.c_fc"]),
}


def of_seed(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make()


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
@pytest.mark.parametrize("make", [make for make, _, _ in MODELS], ids=NAMES)
def test_copies_match_at_zero_and_two_seeds_do_not(make: Callable[[], nn.Module]) -> None:
    first, copy, other = of_seed(make, 0), of_seed(make, 0), of_seed(make, 1)
    data, chosen = CHOSEN[make.__name__]
    same = compare(first, copy, data, layers=chosen, progress=False)
    assert same.layers == tuple(chosen)
    alive = [1 - (sum(map(len, same[layer].dead)) / (same[layer].x.size * 2)) for layer in same]
    assert same.similarity(0.0).tolist() == alive
    assert max(alive) == 1.0
    different = compare(first, other, data, layers=chosen, progress=False)
    assert (different.similarity(0.0) < 0.5).all(), different.similarity(0.0)

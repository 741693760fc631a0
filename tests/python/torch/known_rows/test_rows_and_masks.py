"""One mask a layer: that of the input whose positions it runs over."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import ANSWER, EITHER, REFUSALS, Around, examine, inputs, run_compare, seeded

N, T = 7, 5
SOURCE = torch.arange(T) <= torch.arange(N)[:, None] % T
TARGET = torch.arange(T) <= (torch.arange(N)[:, None] * 3 + 2) % T


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(6, 6) for _ in range(4))

    def forward(self, x: Tensor, seen: Tensor, mask: Tensor) -> Any:
        scores = self.q(x) @ self.k(seen).mT
        return self.out(scores.masked_fill(~mask[:, None].bool(), -1e4).softmax(-1) @ self.v(seen))


class Translator(nn.Module):
    """An encoder and a decoder, as T5 names its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Embedding(11, 6)
        self.encoder, self.decoder, self.cross = Block(), Block(), Block()
        self.head = nn.Linear(6, 3)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, decoder_input_ids: Tensor,
        decoder_attention_mask: Tensor,
    ) -> Any:  # fmt: skip
        source = self.shared(input_ids)
        source = source + self.encoder(source, source, attention_mask)
        target = self.shared(decoder_input_ids)
        target = target + self.decoder(target, target, decoder_attention_mask)
        return self.head(target + self.cross(target, source, attention_mask))


def texts(length: int = T, count: int = 2) -> list[dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [
        {
            "input_ids": torch.randint(0, 11, (N, T), generator=generator),
            "attention_mask": SOURCE.long(),
            "decoder_input_ids": torch.randint(0, 11, (N, length), generator=generator),
            "decoder_attention_mask": TARGET[:, :length].long(),
        }
        for _ in range(count)
    ]


OWN = {
    "encoder.q": SOURCE, "encoder.out": SOURCE, "decoder.v": TARGET, "decoder.out": TARGET,
    "cross.q": TARGET, "cross.k": SOURCE, "cross.v": SOURCE, "cross.out": TARGET, "head": TARGET,
}  # fmt: skip


def translator(seed: int) -> nn.Module:
    return seeded(seed, Translator)


@pytest.mark.parametrize("length", [T, T - 1])
@pytest.mark.parametrize("layer", OWN)
def test_source_and_target_of_one_length(layer: str, length: int) -> None:
    mask = OWN[layer] if OWN[layer] is SOURCE else TARGET[:, :length]
    data = texts(length)
    # Where nothing but the trace can tell, a refusal would do.
    must = ANSWER if layer.startswith(("encoder", "decoder")) else EITHER
    examine(
        translator, data, lambda out: out, layer=layer, masks=[mask, mask], must=must, others=()
    )


MAPPING = {
    "encoder*": "attention_mask", "decoder*": "decoder_attention_mask",
    "cross.[kv]": "attention_mask", "cross.[qo]*": lambda batch: batch["decoder_attention_mask"],
    "head": "decoder_attention_mask", "shared": None,
}  # fmt: skip


@pytest.mark.parametrize("layer", OWN)
def test_masks_by_glob(layer: str) -> None:
    masks = [OWN[layer]] * 2
    examine(
        translator,
        texts(),
        lambda out: out,
        layer=layer,
        masks=masks,
        mask=MAPPING,
        nulls=1,
        others=(),
    )


@pytest.mark.parametrize(("call", "mask"), [(0, SOURCE), (1, TARGET)])
def test_a_shared_embedding_called_for_both(call: int, mask: Tensor) -> None:
    examine(
        translator, texts(), lambda out: out, layer="shared", key=f"shared#{call}", call=call,
        masks=[mask, mask], must=EITHER, others=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    "mask", [{"nowhere*": "attention_mask"}, {"head": "no_such_mask"}, {"head": 3}]
)
def test_wrong_mappings_are_refused(mask: Any) -> None:
    with pytest.raises(REFUSALS, match=r"nowhere|no_such_mask|int|mask"):
        run_compare(translator(0), translator(1), texts(), mask=mask)


class Towers(nn.Module):
    """As CLIP: patches of images, and texts; as many patches as words."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.image = nn.Conv2d(3, 6, 2, stride=2), nn.Linear(6, 4)
        self.word, self.text = nn.Embedding(11, 6), nn.Linear(6, 4)
        self.joint = nn.Linear(4, 3)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, pixel_values: Tensor) -> Any:
        seen = self.image(torch.tanh(self.patch(pixel_values).flatten(2).mT))
        read = self.text(torch.tanh(self.word(input_ids)))
        return self.joint(seen.mean(1) * (read * attention_mask[..., None]).sum(1))


MASK = torch.arange(6) <= torch.arange(N)[:, None] % 6


def pictures() -> list[dict[str, Tensor]]:
    generator = torch.Generator().manual_seed(0)
    return [
        {
            "input_ids": torch.randint(0, 11, (N, 6), generator=generator),
            "attention_mask": MASK.long(),
            "pixel_values": inputs(N, 3, 4, 6, seed=seed),
        }
        for seed in range(2)
    ]


@pytest.mark.parametrize(
    ("layer", "lay", "mask"),
    [
        ("image", lambda out: out, None),
        ("patch", lambda out: out.flatten(2).mT, None),
        ("text", lambda out: out, MASK),
        ("word", lambda out: out, MASK),
        ("joint", lambda out: out[:, None], None),
    ],
)
def test_the_mask_of_texts_is_not_that_of_patches(layer: str, lay: Any, mask: Any) -> None:
    masks = None if mask is None else [mask, mask]
    examine(lambda seed: seeded(seed, Towers), pictures(), lay, layer=layer, masks=masks, others=())


class Grid(nn.Module):
    """(B, L, 3, H): a mask (B, L) stands for the further axis too."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 4)

    def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
        return self.layer(torch.tanh(self.embed(x))[:, :, None] * torch.arange(1.0, 4)[:, None])


def test_a_mask_over_further_axes() -> None:
    data = [{"x": inputs(N, T, 5, seed=seed), "attention_mask": SOURCE} for seed in range(2)]
    masks = [SOURCE.repeat_interleave(3, 1)] * 2
    examine(
        lambda seed: seeded(seed, Grid),
        data,
        lambda out: out.flatten(1, 2),
        masks=masks,
        must=EITHER,
    )


@pytest.mark.parametrize("n_inputs", [4, 6])
def test_a_layer_with_one_token_more_is_not_masked_by_place(n_inputs: int) -> None:
    """A class token before the others: the mask has no entry for it."""
    mask = torch.arange(4) <= torch.arange(n_inputs)[:, None] % 4
    data = [{"x": inputs(n_inputs, 4, 5, seed=s), "attention_mask": mask} for s in range(2)]
    masks = [torch.cat([torch.ones(n_inputs, 1, dtype=torch.bool), mask], 1)] * 2
    examine(
        lambda seed: seeded(
            seed, lambda: Around(nn.Linear(6, 4), lambda h: torch.cat([h[:, :1] * 0 + 1, h], 1))
        ),
        data, lambda out: out, masks=masks, must=EITHER,
    )  # fmt: skip

"""Models of several kinds of inputs, of sound, of states and of torch itself.

For benches/sweep_architectures.py.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from sweep_case import Case, UnbuiltError
from sweep_text import HEADS, LAYERS, VOCABULARY, WIDTH, make_text_batch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

INPUTS, LENGTH = 6, 10
TEXT = {
    "vocab_size": VOCABULARY, "hidden_size": WIDTH, "intermediate_size": 32,
    "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "max_position_embeddings": 32,
}  # fmt: skip
VISION = {
    "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS, "image_size": 32, "patch_size": 8,
}  # fmt: skip
WHISPER = {
    "vocab_size": VOCABULARY, "d_model": WIDTH, "encoder_layers": LAYERS, "decoder_layers": LAYERS,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS, "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32, "num_mel_bins": 8, "max_source_positions": 15,
    "max_target_positions": 32, "pad_token_id": 0, "decoder_start_token_id": 1,
}  # fmt: skip
SOUND = {
    "hidden_size": WIDTH, "intermediate_size": 32, "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS, "conv_dim": (8, 8), "conv_stride": (4, 2), "conv_kernel": (8, 3),
    "num_feat_extract_layers": 2, "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2,
}  # fmt: skip


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


class SparseAutoencoder(nn.Module):
    """Features of activations: the largest few of many, and the activations made of them again."""

    def __init__(self, width: int = 12, features: int = 48, kept: int = 8) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(width, features), nn.Linear(features, width)
        self.activation, self.kept = nn.ReLU(), kept

    def forward(self, activations: Tensor) -> tuple[Tensor, Tensor]:
        features = self.activation(self.encoder(activations - self.decoder.bias))
        least = features.topk(self.kept).values[..., -1:]
        features = features * (features >= least)
        return self.decoder(features), features


class Recurrent(nn.Module):
    """A recurrent layer, and a head on every step."""

    def __init__(self, kind: type[nn.RNNBase], **options: Any) -> None:
        super().__init__()
        self.embed = nn.Linear(5, 8)
        self.rnn: nn.Module = kind(8, 6, **options)  # type: ignore[arg-type]
        width = 12 if options.get("bidirectional") else 6
        self.head = nn.Linear(width, 3)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.rnn(self.embed(x))[0])
        return out


def list_others() -> dict[str, Callable[[], Case]]:
    found: dict[str, Callable[[], Case]] = {
        "sparse autoencoder": lambda: Case(SparseAutoencoder, draw(40, 12)),
        "sparse autoencoder of tokens": lambda: Case(SparseAutoencoder, draw(INPUTS, LENGTH, 12)),
    }
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        name = f"torch.nn.{kind.__name__}"
        found[name] = partial(build_recurrent, kind, batch_first=True)
        found[f"{name}, both ways"] = partial(
            build_recurrent, kind, batch_first=True, bidirectional=True, num_layers=2
        )
        found[f"{name} alone"] = partial(build_alone, kind)
        found[f"{name} alone, time first"] = partial(build_alone, kind, refused=True)
        found[f"{name} alone, time first, input_axis=1"] = partial(build_alone, kind, said=True)
    for batch_first in (True, False):
        said = "" if batch_first else ", time first, input_axis=1"
        options = {} if batch_first else {"input_axis": 1}
        found[f"torch.nn.Transformer{said}"] = partial(build_transformer, batch_first, options)
        found[f"torch.nn.TransformerEncoder{said}"] = partial(build_encoder, batch_first, options)
    found["torch.nn.Transformer, time first"] = partial(
        build_transformer, False, {}, "input_axis=1"
    )
    found["torch.nn.TransformerEncoder, time first"] = partial(
        build_encoder, False, {}, "input_axis=1"
    )
    found |= {name: partial(build_hugging_face, name) for name in HUGGING_FACE}
    found |= {f"diffusers {name}": partial(build_diffusers, name) for name in DIFFUSERS}
    return found


def build_recurrent(kind: Any, **options: Any) -> Case:
    return Case(partial(Recurrent, kind, **options), draw(INPUTS, LENGTH, 5))


def build_alone(kind: Any, *, refused: bool = False, said: bool = False) -> Case:
    def make() -> nn.Module:
        module: nn.Module = kind(5, 6, batch_first=not (refused or said))
        return module

    return Case(
        make,
        draw(LENGTH, INPUTS, 5) if refused or said else draw(INPUTS, LENGTH, 5),
        {"input_axis": 1} if said else {},
        "input_axis=1" if refused else None,
    )


def build_transformer(
    batch_first: bool, options: dict[str, Any], refusal: str | None = None
) -> Case:
    def make() -> nn.Module:
        return nn.Transformer(8, 2, LAYERS, LAYERS, 16, batch_first=batch_first)

    sizes = ((INPUTS, LENGTH), (INPUTS, 7)) if batch_first else ((LENGTH, INPUTS), (7, INPUTS))
    batch = {"src": draw(*sizes[0], 8), "tgt": draw(*sizes[1], 8, seed=1)}
    return Case(make, batch, options, refusal)


def build_encoder(batch_first: bool, options: dict[str, Any], refusal: str | None = None) -> Case:
    def make() -> nn.Module:
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first)
        return nn.TransformerEncoder(layer, LAYERS)

    return Case(
        make, draw(*((INPUTS, LENGTH) if batch_first else (LENGTH, INPUTS)), 8), options, refusal
    )


def build_hugging_face(name: str) -> Case:
    import transformers

    model, settings, make_batch = HUGGING_FACE[name]
    kind: Any = getattr(transformers, f"{model}Config")
    maker: Any = getattr(transformers, name)
    return Case(lambda: maker(kind(**settings)), make_batch())


def make_image_batch() -> dict[str, Tensor]:
    return {"pixel_values": draw(INPUTS, 3, 32, 32)}


def make_whisper_batch() -> dict[str, Tensor]:
    texts = make_text_batch()
    return {
        "input_features": draw(INPUTS, 8, 30),
        "decoder_input_ids": texts["input_ids"],
        "decoder_attention_mask": texts["attention_mask"],
    }


def make_sound_batch() -> dict[str, Tensor]:
    return {"input_values": draw(INPUTS, 400)}


def make_clip_batch() -> dict[str, Tensor]:
    texts = make_text_batch()
    return {name: texts[name] for name in ("input_ids", "attention_mask")} | make_image_batch()


CLIP = {"text_config": TEXT, "vision_config": VISION, "projection_dim": 8}
# By the model's class: its configuration's, the settings, the batch.
HUGGING_FACE: dict[str, tuple[str, dict[str, Any], Callable[[], Any]]] = {
    "CLIPModel": ("CLIP", CLIP, make_clip_batch),
    "SiglipModel": ("Siglip", {"text_config": TEXT, "vision_config": VISION}, make_clip_batch),
    "CLIPVisionModel": ("CLIPVision", VISION, make_image_batch),
    "WhisperModel": ("Whisper", WHISPER, make_whisper_batch),
    "Wav2Vec2Model": ("Wav2Vec2", SOUND, make_sound_batch),
    "HubertModel": ("Hubert", SOUND, make_sound_batch),
    "WavLMModel": ("WavLM", SOUND, make_sound_batch),
    "ViTModel": ("ViT", VISION, make_image_batch),
    "DeiTModel": ("DeiT", VISION, make_image_batch),
    "BeitModel": ("Beit", VISION, make_image_batch),
    "Dinov2Model": ("Dinov2", VISION, make_image_batch),
    "ViTMAEModel": ("ViTMAE", VISION, make_image_batch),
    "SwinModel": (
        "Swin",
        {"image_size": 32, "patch_size": 2, "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 4],
         "window_size": 4},
        make_image_batch,
    ),
    "ConvNextModel": (
        "ConvNext", {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}, make_image_batch,
    ),
    "ResNetModel": (
        "ResNet",
        {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]},
        make_image_batch,
    ),
    "SegformerModel": (
        "Segformer",
        {"hidden_sizes": [8, 16, 16, 32], "depths": [1] * 4, "num_attention_heads": [1, 2, 2, 4]},
        make_image_batch,
    ),
}  # fmt: skip

UNET = {
    "sample_size": 16, "layers_per_block": 1, "block_out_channels": (8, 16), "norm_num_groups": 4,
}  # fmt: skip
DIFFUSERS: dict[str, tuple[dict[str, Any], Any]] = {
    "UNet2DModel": (
        UNET | {"down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
                "up_block_types": ("AttnUpBlock2D", "UpBlock2D"), "attention_head_dim": 4},
        {"sample": draw(INPUTS, 3, 16, 16), "timestep": torch.tensor([1, 5, 9, 20, 40, 80])},
    ),
    "UNet2DConditionModel": (
        UNET | {"down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
                "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"), "attention_head_dim": 4,
                "cross_attention_dim": 12},
        {"sample": draw(INPUTS, 4, 16, 16), "timestep": 7,
         "encoder_hidden_states": draw(INPUTS, 5, 12)},
    ),
    "AutoencoderKL": (
        {"block_out_channels": (8, 16), "norm_num_groups": 4,
         "down_block_types": ("DownEncoderBlock2D",) * 2,
         "up_block_types": ("UpDecoderBlock2D",) * 2},
        {"sample": draw(INPUTS, 3, 16, 16)},
    ),
}  # fmt: skip


def build_diffusers(name: str) -> Case:
    try:
        import diffusers
    except ImportError as error:
        raise UnbuiltError("diffusers is not installed") from error
    settings, batch = DIFFUSERS[name]
    kind: Any = getattr(diffusers, name)
    return Case(lambda: kind(**settings), batch)

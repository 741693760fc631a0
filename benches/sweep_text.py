"""The text architectures of transformers, made tiny and random, for benches/sweep_architectures.py.

Sizes are set by the names that settings go by in most configurations; what is special to one
architecture is in `SPECIAL`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from sweep_case import Case, UnbuiltError

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 5_000_000  # parameters of a model that is still tiny

LENGTHS, VOCABULARY = (12, 9, 12, 5, 11, 12), 99
WIDTH, HEADS, LAYERS = 16, 2, 2

SIZES: dict[str, int] = {
    **dict.fromkeys(
        ("vocab_size", "char_vocab_size", "n_words", "padded_vocab_size", "text_vocab_size"),
        VOCABULARY,
    ),
    **dict.fromkeys(
        (
            "hidden_size", "d_model", "dim", "n_embd", "emb_dim", "embedding_size",
            "word_embed_proj_dim", "d_embed", "attention_hidden_size", "entity_emb_size",
            "input_hidden_size", "rnn_hidden_size", "lru_width", "attention_dim", "qkv_dim"
        ),
        WIDTH,
    ),
    **dict.fromkeys(
        (
            "num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers",
            "decoder_layers", "num_decoder_layers", "num_encoder_layers", "num_attention_layers"
        ),
        LAYERS,
    ),
    **dict.fromkeys(
        (
            "num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads",
            "decoder_attention_heads", "num_key_value_heads", "num_encoder_attention_heads",
            "num_decoder_attention_heads", "kv_n_heads"
        ),
        HEADS,
    ),
    **dict.fromkeys(("head_dim", "d_kv", "d_head", "dim_head", "attention_head_size"), 8),
    **dict.fromkeys(
        (
            "intermediate_size", "d_ff", "n_inner", "ffn_dim", "hidden_dim", "d_inner",
            "encoder_ffn_dim", "decoder_ffn_dim", "dim_ff", "ffn_hidden_size",
            "moe_intermediate_size", "dff", "shared_expert_intermediate_size",
            "expert_ffn_hidden_size", "shared_intermediate_size",
            "moe_shared_expert_intermediate_size", "intermediate_size_mlp", "ffn_embed_dim"
        ),
        32,
    ),
    **dict.fromkeys(
        (
            "num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts",
            "encoder_expert_count", "decoder_expert_count"
        ),
        4,
    ),
    **dict.fromkeys(
        ("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k", "top_k_experts"), 2
    ),
    "first_k_dense_replace": 1, "num_shared_experts": 1, "n_shared_experts": 1,
    "n_group": 1, "topk_group": 1, "max_position_embeddings": 64, "n_positions": 64,
    "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 4, "q_lora_rank": 8,
    "kv_lora_rank": 8, "qk_head_dim": 8, "index_n_heads": 2, "index_head_dim": 8, "index_topk": 4,
    "sliding_window": 8, "attention_window": 4, "state_size": 8, "mamba_d_state": 8,
    "mamba_n_heads": 8, "mamba_d_head": 4, "mamba_num_heads": 8, "mamba_head_dim": 4,
    "linear_num_key_heads": 4, "linear_num_value_heads": 4, "linear_key_head_dim": 4,
    "linear_value_head_dim": 4, "time_step_rank": 4, "mamba_dt_rank": 4, "chunk_size": 8,
    "mamba_chunk_size": 8, "rotary_dim": 4, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "cls_token_id": 1, "sep_token_id": 2, "decoder_start_token_id": 0,
}  # fmt: skip

LEAVE = object()  # the setting is not made

SPECIAL: dict[str, dict[str, Any]] = {
    **{kind: {"head_dim": 4} for kind in ("axk1", "deepseek_v3", "longcat_flash")},
    "bamba": {"attn_layer_indices": [1], "mamba_n_heads": 8},
    "falcon_h1": {"mamba_d_ssm": 32},
    "funnel": {
        "block_sizes": [1, 1, 1], "block_repeats": [1, 1, 1], "num_decoder_layers": 1,
        "num_hidden_layers": LEAVE,
    },
    "gemma3n_text": {
        "num_hidden_layers": 4, "num_kv_shared_layers": 2, "hidden_size_per_layer_input": 8,
        "vocab_size_per_layer_input": VOCABULARY, "laurel_rank": 4, "intermediate_size": [32] * 4,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
        "activation_sparsity_pattern": [0.0] * 4,
    },
    "gemma4_text": {
        "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": VOCABULARY,
        "global_head_dim": 8,
    },
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 4},
    "granitemoehybrid": {"layer_types": ["mamba", "attention"]},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1, "use_mamba_kernels": False},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "luke": {"entity_vocab_size": 9},
    "mamba2": {"num_heads": 8, "head_dim": 4, "n_groups": 2},
    "nemotron_h": {"layers_block_type": ["mamba", "attention"]},
    "reformer": {
        "axial_pos_shape": [4, 3], "axial_pos_embds_dim": [8, 8], "num_buckets": 4,
        "local_attn_chunk_length": 4, "lsh_attn_chunk_length": 4,
    },
    "roc_bert": {
        "pronunciation_vocab_size": VOCABULARY, "shape_vocab_size": VOCABULARY,
        "pronunciation_embed_dim": 8, "shape_embed_dim": 8,
    },
    "xlstm": {"qk_dim_factor": 1.0, "v_dim_factor": 1.0},
    "xmod": {"default_language": "en_XX", "languages": ["en_XX"]},
    "zaya": {"num_experts_per_tok": 1},
}  # fmt: skip

# What a list of kinds of layers is called: it has to have as many as there are layers.
KINDS = ("layer_types", "mlp_layer_types", "layers_block_type", "block_types", "attn_layers")


def list_text_architectures() -> list[str]:
    """Return the model types that read text: those with a head for words, of text alone."""
    from transformers.models.auto import modeling_auto as auto

    heads = (
        auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
        auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        auto.MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES,
    )
    return [kind for kind in auto.MODEL_MAPPING_NAMES if any(kind in head for head in heads)]


def make_text_batch() -> dict[str, torch.Tensor]:
    """Return padded texts of several lengths with their mask, and others for a decoder."""
    return {**_draw_texts("", LENGTHS, 0), **_draw_texts("decoder_", LENGTHS[::-1], 1)}


def _draw_texts(prefix: str, lengths: tuple[int, ...], seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    size = len(lengths), max(lengths)
    ids = torch.randint(5, VOCABULARY - 9, size, generator=generator)
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return {
        f"{prefix}input_ids": ids.where(mask, torch.tensor(0)),
        f"{prefix}attention_mask": mask.long(),
    }


def make_text_config(kind: str) -> Any:
    """Return a tiny configuration of a model type."""
    from transformers import AutoConfig

    plain = AutoConfig.for_model(kind)
    held = plain.to_dict()
    names = {*held, *(plain.attribute_map or {})}
    sizes: dict[str, Any] = {name: size for name, size in SIZES.items() if name in names}
    # A setting may have several names, of which one is passed.
    for alias, name in (plain.attribute_map or {}).items():
        if alias in sizes and name in names:
            sizes[name] = sizes.pop(alias)
    kinds = {name: shorten_kinds(held.get(name)) for name in KINDS}
    sizes.update({name: each for name, each in kinds.items() if each})
    sizes.update(SPECIAL.get(kind, {}))
    sizes = {name: size for name, size in sizes.items() if size is not LEAVE}
    return AutoConfig.for_model(kind, **sizes)


def shorten_kinds(kinds: Any) -> list[str] | None:
    """Return as many kinds of layers as there are layers, different ones first."""
    if not isinstance(kinds, list) or not kinds:
        return None
    different = list(dict.fromkeys(kinds))
    return (different * LAYERS)[:LAYERS]


def build_text(kind: str) -> Case:
    """Return a case of a model type.

    Raises
    ------
    UnbuiltError
        It is large whatever its configuration says, as one that holds other models.
    """
    from transformers import AutoModel

    make: Any = AutoModel.from_config
    config = make_text_config(kind)
    # Of Funnel there are two models: the first is made.
    config.architectures = config.architectures or []
    with torch.device("meta"):
        count = sum(part.numel() for part in make(config).parameters())
    if count > LARGEST:
        raise UnbuiltError(f"{count / 1e6:.0f} million parameters")
    return Case(lambda: make(config), make_text_batch())


def list_text() -> dict[str, Callable[[], Case]]:
    return {kind: partial(build_text, kind) for kind in list_text_architectures()}

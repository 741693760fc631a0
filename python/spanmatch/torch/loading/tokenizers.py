"""The default tokenizer of text: that of the models that read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.torch.loading.calls import split_call
from spanmatch.torch.loading.extras import explain_missing
from spanmatch.torch.loading.hub import load_from_hub

if TYPE_CHECKING:
    from collections.abc import Sequence

# One of these is in every folder that a tokenizer of transformers was saved to.
FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "vocab.json", "*.model")
WAY_OUT = "give a `tokenizer`, a name of the Hugging Face hub or a folder; bytes for bytes"


def find_tokenizer(data: str, models: Sequence[str]) -> str | None:
    """Return the tokenizer of the `hf:` models among these, for `text:` data.

    Return None for other data, and without a model of Hugging Face; then each byte is a token.

    Raises
    ------
    ValueError
        They have no tokenizer, or different ones.
    """
    names = [name for kind, _, name in (split_call(each)[0].partition(":") for each in models)
             if kind == "hf"]  # fmt: skip
    if not data.startswith("text:") or not names:
        return None
    found = [name for name in dict.fromkeys(names) if not Path(name).is_dir() or _holds_one(name)]
    if not found:
        raise ValueError(
            f"there is no tokenizer in {' or '.join(dict.fromkeys(names))}, and the bytes of a "
            f"text mean nothing to a model that reads tokens: {WAY_OUT}"
        )
    if len(found) > 1 and any(_read_vocabulary(each) != _read_vocabulary(found[0]) for each in
                              found[1:]):  # fmt: skip
        raise ValueError(
            f"the tokenizers of {' and '.join(found)} differ, and both models are to read the same "
            f"tokens: {WAY_OUT}"
        )
    return found[0]


def _holds_one(folder: str) -> bool:
    return any(any(Path(folder).glob(pattern)) for pattern in FILES)


def _read_vocabulary(name: str) -> dict[str, int]:
    with explain_missing("transformers", "models"):
        from transformers import AutoTokenizer
    vocabulary: dict[str, int] = load_from_hub(AutoTokenizer.from_pretrained, name).get_vocab()
    return vocabulary

"""Text as numbered tokens, padded to the longest of a batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch

from spanmatch.base.arguments import as_at_least_one
from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import check_regular
from spanmatch.torch.loading.data.batches import Examples
from spanmatch.torch.loading.extras import explain_missing
from spanmatch.torch.loading.hub import load_from_hub

if TYPE_CHECKING:
    from torch import Tensor


BYTES = "bytes"


def read_text(
    file: str,
    *,
    tokenizer: str | None = None,
    block: int | None = None,
    max_length: int | None = None,
) -> Examples:
    """Return the lines of a file that are not blank, or blocks of its tokens."""
    if block is not None and max_length is not None:
        raise ValueError("`max_length` cuts lines: with `block` it has nothing to cut")
    if block is not None:
        block = as_at_least_one(block, "block")
    if max_length is not None:
        max_length = as_at_least_one(max_length, "max_length")
    check_regular(file)
    content = Path(file).read_bytes()
    tokens: Tokens = ByteTokens() if tokenizer in (None, BYTES) else HubTokens(str(tokenizer))
    try:
        if block is None:
            lines = (line for line in content.splitlines() if line.strip())
            inputs = [tokens.encode_input(line, max_length) for line in lines]
        else:
            stream = tokens.encode_text(content)
            inputs = [stream[first : first + block] for first in range(0, len(stream), block)]
    except UnicodeDecodeError as error:
        raise FileError(f"{file} is not UTF-8: {error}") from error
    if not inputs:
        raise FileError(f"{file} holds no text")
    return Examples(len(inputs), lambda numbers: _pad([inputs[n] for n in numbers], tokens.padding))


class Tokens(Protocol):
    """A function from UTF-8 to tokens, and the token for padding."""

    padding: int

    def encode_input(self, line: bytes, max_length: int | None) -> list[int]:
        """Return the tokens of one line for a model, cut if it is too long."""

    def encode_text(self, content: bytes) -> list[int]:
        """Return the tokens of a text, with none added at its ends."""


class ByteTokens:
    """Every byte is a token: a vocabulary of 256."""

    padding = 0

    def encode_input(self, line: bytes, max_length: int | None) -> list[int]:  # noqa: D102
        return list(line[:max_length])

    def encode_text(self, content: bytes) -> list[int]:  # noqa: D102
        return list(content)


class HubTokens:
    """The tokens of a tokenizer of transformers."""

    def __init__(self, name: str) -> None:
        with explain_missing("transformers", "models"):
            from transformers import AutoTokenizer
        try:
            self._tokenizer: Any = load_from_hub(AutoTokenizer.from_pretrained, name)
        except OSError as error:
            reason = str(error).partition("\n")[0]
            raise OSError(
                f"the tokenizer {name} cannot be had: {reason}; give as `tokenizer` a folder that "
                "holds one, or bytes"
            ) from error
        # Without such a token, only the mask shows the padding.
        padding = self._tokenizer.pad_token_id
        self.padding = 0 if padding is None else int(padding)

    def encode_input(self, line: bytes, max_length: int | None) -> list[int]:  # noqa: D102
        most = self._tokenizer.model_max_length if max_length is None else max_length
        # If the limit is not known, the library has a number beyond any text, and warns of it.
        cut = {"truncation": True, "max_length": most} if most < UNKNOWN else {}
        return list(self._tokenizer(line.decode(), verbose=False, **cut)["input_ids"])

    def encode_text(self, content: bytes) -> list[int]:  # noqa: D102
        encoded = self._tokenizer(content.decode(), add_special_tokens=False, verbose=False)
        return list(encoded["input_ids"])


UNKNOWN = 10**9


def _pad(inputs: list[list[int]], padding: int) -> dict[str, Tensor]:
    longest = max(map(len, inputs))
    rows = [row + [padding] * (longest - len(row)) for row in inputs]
    masks = [[1] * len(row) + [0] * (longest - len(row)) for row in inputs]
    return {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(masks)}

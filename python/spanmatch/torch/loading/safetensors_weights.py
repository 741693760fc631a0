"""Weights in a safetensors file, read so that a file that shrinks meanwhile is an error."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import torch

from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import fill
from spanmatch.base.safetensors_header import TensorEntry, read_safetensors_header
from spanmatch.base.words import list_names

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

TYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
"""The types in which models compute; a file with others has another purpose."""


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by their names.

    Raises
    ------
    OSError
        The file cannot be read.
    spanmatch.FileError
        The file is damaged, or holds values of a type that weights do not have.
    """
    try:
        with path.open("rb", buffering=0) as file:
            _, entries = read_safetensors_header(file)
            _check_types(entries, path)
            return {name: _read_tensor(file, entry) for name, entry in entries.items()}
    except FileError:
        raise
    except (EOFError, ValueError) as error:
        raise FileError(f"{path} is cut short, or no safetensors file: {error}") from error


def _check_types(entries: dict[str, TensorEntry], path: Path) -> None:
    odd = [f"{name} ({entry.dtype[:40]})" for name, entry in entries.items()
           if entry.dtype not in TYPES]  # fmt: skip
    if odd:
        raise FileError(
            f"{path} holds values of types that are not read: {list_names(odd, 5)}; cast them "
            "where they were made, to float32 or bfloat16"
        )


def _read_tensor(file: IO[bytes], entry: TensorEntry) -> Tensor:
    tensor = torch.empty(entry.shape, dtype=TYPES[entry.dtype])
    if tensor.numel() == 0:
        return tensor
    file.seek(entry.begin)
    fill(file, tensor.reshape(-1).view(torch.uint8).numpy().data)
    return tensor

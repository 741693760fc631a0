"""Files of spanmatch with other contents than were written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

if TYPE_CHECKING:
    from pathlib import Path


def rewritten(path: Path, changes: dict[str, Any], without: tuple[str, ...] = ()) -> Path:
    """The file with other metadata and tensors."""
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    for name, value in changes.items():
        (tensors if isinstance(value, np.ndarray) else metadata)[name] = value
    for name in without:
        tensors.pop(name, None)
        metadata.pop(name, None)
    save_file(tensors, path, metadata)
    return path

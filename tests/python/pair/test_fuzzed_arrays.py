"""Files of arrays that are damaged at random: an answer that other readers give too, or FileError.

SPANMATCH_FUZZ says how many files of each kind; SPANMATCH_FUZZ_SEED which.
"""

from __future__ import annotations

import io
import os
import time
import warnings
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load, save

from array_contents import contents
from mutated_bytes import mutate
from spanmatch.base.errors import FileError
from spanmatch.pair.array_files.array_file import open_array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

STEPS = int(os.environ.get("SPANMATCH_FUZZ", "300"))
SEED = int(os.environ.get("SPANMATCH_FUZZ_SEED", "0"))
SECONDS = 20  # that one file may take
X = np.random.default_rng(0).standard_normal((50, 3))


def saved(save_to: Callable[..., None], *arrays: Any, **named: Any) -> bytes:
    file = io.BytesIO()
    save_to(file, *arrays, **named)
    return file.getvalue()


WHOLE: dict[str, bytes] = {
    "c.npy": saved(np.save, X),
    "f.npy": saved(np.save, np.asfortranarray(X.astype(np.float32))),
    "stored.npz": saved(np.savez, a=X, b=X[:2]),
    "columns.npz": saved(np.savez, a=np.asfortranarray(X)),
    "packed.npz": saved(np.savez_compressed, a=X, b=X.astype(np.float16)),
    "two.safetensors": save({"a": X, "b": X.astype(np.float16)}, {"by": "hand"}),
}


@pytest.mark.parametrize("name", WHOLE)
def test_damaged_files_are_refused_or_read_as_others_read_them(name: str, tmp_path: Path) -> None:
    random = Random(f"{SEED} {name}")
    path = tmp_path / name
    for _ in range(STEPS):
        data = mutate(WHOLE[name], random, list(WHOLE.values()))
        path.write_bytes(data)
        begun = time.perf_counter()
        for key in [None] if name.endswith("npy") else ["a", "b", None]:
            with refusals(path):
                found = contents(path, key)
                same_as_others(found, data, name, open_array(path, key).key)
        assert time.perf_counter() - begun < SECONDS


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except FileError as error:
        if str(path) not in str(error):
            raise AssertionError("it names no file") from error


def same_as_others(found: NDArray[Any], data: bytes, name: str, key: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = io.BytesIO(data)
        try:
            held: Any = load(data) if name.endswith("safetensors") else np.load(file)
        except SafetensorError as error:
            # It knows no types that are to come, and refuses all tensors for one of these.
            if "unknown variant" in str(error):
                return
            raise
        others: Mapping[str, NDArray[Any]] = {"": held} if key == "" else held
        np.testing.assert_array_equal(found, others[key])

"""Array files of the tests: what they hold, and how they are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from problems import planted
from spanmatch.base.errors import FileError
from spanmatch.pair.array_files.array_file import open_array

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

# Several blocks of the core, the last one not full; an odd width, so that rows begin at any byte.
SAMPLES = 1500
X, Y = planted(np.random.default_rng(3), 13, 8, SAMPLES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "array.npy"


def contents(path: Path, key: str | None = None, rows: int = 480) -> NDArray[Any]:
    parts = []
    for batch in open_array(path, key).read_batches(rows):
        assert isinstance(batch, np.ndarray)
        assert batch.flags.aligned
        assert len(batch) <= rows
        parts.append(batch.copy())
    return np.concatenate(parts)


def tensors(path: Path, header: object, data: bytes = b"", length: int | None = None) -> Path:
    """A safetensors file written by hand, for all that its library would not write."""
    path = path.with_suffix(".safetensors")
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes((len(text) if length is None else length).to_bytes(8, "little") + text + data)
    return path


def entry(dtype: str, shape: Any, first: Any, last: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [first, last]}


def refused(call: Callable[[], object], *words: str, error: type[Exception] = FileError) -> None:
    with pytest.raises(error) as caught:
        call()
    for word in words:
        assert word in str(caught.value), f"{word!r} is not in {caught.value}"

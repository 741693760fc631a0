"""Arrays in files: each format gives the array's bits, in memory that does not grow with them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.lib import format as npy
from safetensors.numpy import save_file

import spanmatch as sm
from array_contents import SAMPLES, X, Y, contents, entry, path, refused, tensors
from spanmatch.pair.array_files.array_file import open_array
from spanmatch.pair.array_files.array_pair import reduce_arrays
from spanmatch.pair.types import BFloat16

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["path"]  # a fixture
TYPES = [np.float16, np.float32, np.float64]
each_type = pytest.mark.parametrize("dtype", TYPES)
each_order = pytest.mark.parametrize("order", ["C", "F"])


@each_type
@each_order
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.filterwarnings("ignore:Stored array in format")
def test_npy_of_any_version(path: Path, dtype: Any, order: Any, version: tuple[int, int]) -> None:
    z = np.array(X, dtype, order=order)
    with path.open("wb") as file:
        npy.write_array(file, z, version)
    array = open_array(path)
    assert (array.shape, array.dtype) == (z.shape, z.dtype)
    np.testing.assert_array_equal(contents(path), z)


@each_type
@each_order
def test_npz_is_read_in_place(path: Path, dtype: Any, order: Any) -> None:
    path = path.with_suffix(".npz")
    first, second = np.array(X, dtype, order=order), np.array(Y, dtype)
    # The names' lengths decide where the values begin.
    named: dict[str, Any] = {"a": first, "layer/bc": second}
    np.savez(path, **named)
    np.testing.assert_array_equal(contents(path, "a"), first)
    np.testing.assert_array_equal(contents(path, "layer/bc"), second)
    member = open_array(path, "a").stored.member
    assert member is not None
    assert not member.packed


@each_type
def test_compressed_npz_is_streamed(path: Path, dtype: Any) -> None:
    path = path.with_suffix(".npz")
    np.savez_compressed(path, a=X.astype(dtype), b=Y)
    np.testing.assert_array_equal(contents(path, "a"), X.astype(dtype))
    np.testing.assert_array_equal(contents(path, "b", rows=1), Y)


@each_type
def test_safetensors(path: Path, dtype: Any) -> None:
    path = path.with_suffix(".safetensors")
    save_file({"a": X.astype(dtype), "b": Y.astype(dtype)}, path)
    np.testing.assert_array_equal(contents(path, "a"), X.astype(dtype))
    np.testing.assert_array_equal(contents(path, "b"), Y.astype(dtype))


def test_safetensors_whose_values_begin_at_an_odd_byte(path: Path) -> None:
    header = {"z": entry("F64", list(Y.shape), 0, Y.nbytes), "__metadata__": {"by": "hand"}}
    text = json.dumps(header).encode()
    odd = text + b" " * (1 - len(text) % 2)
    np.testing.assert_array_equal(contents(tensors(path, odd, Y.tobytes())), Y)


def test_bfloat16_is_read_as_its_bits(path: Path) -> None:
    bits = (X.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    path = tensors(path, {"z": entry("BF16", list(X.shape), 0, bits.nbytes)}, bits.tobytes())
    batches = list(open_array(path).read_batches(480))
    assert all(isinstance(batch, BFloat16) for batch in batches)
    widened = (bits.astype(np.uint32) << 16).view(np.float32)
    saved = path.with_name("y.npy")
    np.save(saved, Y)
    pair = reduce_arrays(open_array(path), open_array(saved, side="y"))
    assert sm.spectrum(pair) == sm.spectrum(widened, Y)


@each_order
def test_a_pair_has_the_bits_of_whole_arrays(path: Path, order: Any) -> None:
    files = path, path.with_name("y.npy")
    for file, z in zip(files, (X, Y), strict=True):
        np.save(file, np.array(z, np.float32, order=order))
    pair = reduce_arrays(*map(open_array, files))
    whole = sm.ActivationPair()
    whole.update(X.astype(np.float32), Y.astype(np.float32))
    assert sm.spectrum(pair) == sm.spectrum(whole)
    assert pair.n_samples == SAMPLES


def test_an_empty_side_is_one(path: Path) -> None:
    np.save(path, X)
    np.save(path.with_name("y.npy"), np.empty((SAMPLES, 0)))
    pair = reduce_arrays(open_array(path), open_array(path.with_name("y.npy"), side="y"))
    assert sm.spectrum(pair) == sm.spectrum(X, np.empty((SAMPLES, 0)))


def test_a_key_chooses_among_arrays(path: Path) -> None:
    path = path.with_suffix(".npz")
    np.savez(path, a=X, b=Y)
    refused(lambda: open_array(path), str(path), "a: (1500, 13) float64", "b: (1500, 8)", "--x KEY")
    refused(lambda: open_array(path, "c", "y"), str(path), "'c'", "a: (1500, 13) float64")
    one = path.with_name("one.npz")
    np.savez(one, only=X)
    assert open_array(one).key == open_array(one, "only").key == "only"
    refused(lambda: open_array(one, "a"), "'a'", "only: ")
    np.savez(path)
    refused(lambda: open_array(path), "holds nothing")


def test_a_npy_file_has_no_keys(path: Path) -> None:
    np.save(path, X)
    refused(lambda: open_array(path, "a"), str(path), "leave out --x a")


@pytest.mark.parametrize(
    ("z", "words"),
    [
        (X[:, 0], ["(1500,)", "x[:, None]"]),
        (X.reshape(15, 100, 13), ["(15, 100, 13)", "two axes"]),
        (X.astype(np.int64), ["int64", "astype"]),
        (X.astype(np.complex64), ["complex64"]),
        (X.astype(">f4"), ["byte order", "astype"]),
        (np.array([["a", "b"]]), ["x holds <U1"]),
        (np.array([[None, {}]]), ["x holds object"]),
        (np.empty((0, 3)), ["no rows"]),
    ],
    ids=["1-D", "3-D", "integers", "complex", "big-endian", "text", "objects", "no rows"],
)
def test_arrays_that_are_no_activations(path: Path, z: NDArray[Any], words: list[str]) -> None:
    np.save(path, z, allow_pickle=True)
    refused(lambda: open_array(path), str(path), *words)


def test_sides_that_do_not_belong_together(path: Path) -> None:
    other = path.with_name("other.npy")
    np.save(path, X)
    np.save(other, Y[:-1])
    pair = open_array(path), open_array(other, side="y")
    refused(lambda: reduce_arrays(*pair), str(path), "1500", str(other), "1499")


def test_a_bad_value_is_named_by_file_row_and_neuron(path: Path) -> None:
    bad, other = Y.copy(), path.with_name("other.npy")
    bad[1000, 5] = np.inf
    np.save(path, X)
    np.save(other, bad)
    pair = open_array(path), open_array(other, side="y")
    refused(
        lambda: reduce_arrays(*pair),
        str(path),
        str(other),
        "from 960 to 1439",
        "neuron 5 of y",
        "inf",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="asks how much memory there is")
def test_a_file_the_wrong_way_round_is_refused_before_memory_is_taken(path: Path) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (2, 4_000_000)}
        npy.write_array_header_1_0(file, header)
        file.truncate(file.tell() + 32_000_000)
    array = open_array(path)
    refused(lambda: reduce_arrays(array, array), "(2, 4000000)", "256031 GB", "transpose")


PEAK = """
import sys
from spanmatch.pair.array_files.array_file import open_array
from spanmatch.pair.array_files.array_pair import reduce_arrays

pair = reduce_arrays(open_array(sys.argv[1]), open_array(sys.argv[2], side="y"))
# Not ru_maxrss, which a child takes over from its parent.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(pair.n_samples, peak.split()[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@each_order
def test_memory_does_not_grow_with_the_file(tmp_path: Path, order: str) -> None:
    def peak(rows: int) -> float:
        files = [tmp_path / "x.npy", tmp_path / "y.npy"]
        for file, columns in zip(files, (120, 90), strict=True):
            shape = (rows, columns)
            z = npy.open_memmap(file, "w+", np.float32, shape, fortran_order=order == "F")
            z[:: rows // 50] = np.random.default_rng(columns).standard_normal((50, columns))
            del z
        command = [sys.executable, "-c", PEAK, *map(str, files)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        n_samples, kilobytes = map(int, re.findall(r"\d+", done.stdout))
        assert n_samples == rows
        return kilobytes / 1024

    # 100 times the rows: 6 MB, then 600 MB of files.
    little, much = peak(7_200), peak(720_000)
    assert much - little < 60

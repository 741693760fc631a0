"""Files of tensors: what they claim is checked before it is believed."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from spanmatch.base import tensor_file
from spanmatch.base.errors import FileError
from spanmatch.base.safetensors_file import MOST_HEADER, TensorReader, open_tensors

if TYPE_CHECKING:
    from pathlib import Path

ARRAYS: dict[str, Any] = {
    "a": np.arange(6.0).reshape(2, 3),
    "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "b": np.array([True, False, True]),
    "none": np.zeros((0, 3)),
    "one": np.array(2.5),
    "u": np.arange(3, dtype=np.uint64),
    "i": np.arange(-2, 3, dtype=np.int16),
    "big": np.arange(3, dtype=">f8"),
}


def write(path: Path) -> dict[str, Any]:
    """Write some arrays, and return the header."""
    tensor_file.write(path, "Kind", ARRAYS, {"ε": [1, float("nan"), "é"]})
    whole = path.read_bytes()
    header: dict[str, Any] = json.loads(whole[8 : 8 + int.from_bytes(whole[:8], "little")])
    return header


def rewrite(path: Path, header: object) -> None:
    whole = path.read_bytes()
    data = whole[8 + int.from_bytes(whole[:8], "little") :]
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def refused(path: Path, words: str) -> None:
    with pytest.raises(FileError, match=words) as caught:
        tensor_file.read(path)
    assert str(path) in str(caught.value)


def test_what_is_written_is_read_by_us_and_by_the_library(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path)
    kind, ours, values = tensor_file.read(path)
    assert kind == "Kind"
    assert repr(values) == "{'ε': [1, nan, 'é']}"
    for found in (ours, load_file(path)):
        assert found.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            assert found[name].shape == array.shape
            assert found[name].dtype == array.dtype.newbyteorder("=")
            np.testing.assert_array_equal(found[name], array)


def test_what_the_library_writes_is_read(tmp_path: Path) -> None:
    arrays = {name: np.ascontiguousarray(each) for name, each in ARRAYS.items() if name != "big"}
    save_file(arrays, tmp_path / "file", {"spanmatch": "Kind", "format": "1"})
    _, found, _ = tensor_file.read(tmp_path / "file")
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("a", {"shape": [2, 4]}, "takes 64 bytes, but has 48"),
        ("a", {"shape": [2, 3.0]}, "the shape"),
        ("a", {"shape": [-2, -3]}, "the shape"),
        ("a", {"shape": [True, 6]}, "the shape"),
        ("a", {"shape": [1] * 70 + [6]}, "the shape"),
        ("none", {"shape": [0, 2**62, 2**62]}, "no shape that fits"),
        ("none", {"shape": [0, 2**64]}, "the shape"),
        ("a", {"data_offsets": [0, 48, 96]}, "does not say where"),
        ("a", {"data_offsets": [10**9, 10**9 + 48]}, "should end at byte"),
        ("a", {"dtype": "I64"}, ""),
        ("a", {"data_offsets": [8, 56]}, "begins at byte"),
        ("a", {"dtype": "C64", "shape": [6]}, "a type that spanmatch does not write"),
        ("a", {"dtype": "BF16", "shape": [2, 12]}, "of type BF16"),
        ("a", {"dtype": 3}, "does not say where"),
        ("i", {"dtype": "BOOL", "shape": [10]}, "neither true nor false"),
        ("a", {"extra": 1}, "does not say where"),
    ],
)
def test_what_a_header_says_of_a_tensor_is_checked(
    name: str, changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    header = write(path)
    header[name] |= changes
    rewrite(path, header)
    if words:
        refused(path, words)
    else:
        assert tensor_file.read(path)[1][name].dtype == np.int64


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"[]", "not a JSON object"),
        (b"[" * 100_000, "nested too deep"),
        (b'{"a":1,"a":1}', "names 'a' twice"),
        (b'{"__metadata__":{"spanmatch":3}}', "no texts by name"),
        (b'{"__metadata__":[]}', "no texts by name"),
        (b"\xff", "cut short, or no safetensors"),
        (b"", "cut short, or no safetensors"),
    ],
)
def test_headers_that_are_none_are_refused(header: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    write(path)
    rewrite(path, header)
    refused(path, words)


def test_a_header_that_claims_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(MOST_HEADER + 100)
    for length in (2**64 - 1, 2**40, MOST_HEADER + 1):
        with path.open("r+b") as file:
            file.write(length.to_bytes(8, "little"))
        began = time.perf_counter()
        refused(path, "its header would take")
        assert time.perf_counter() - began < 1


def test_what_would_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorten them"):
        tensor_file.write(tmp_path / "file", "Kind", {}, {"names": ["x" * 1000] * 40_000})
    assert list(tmp_path.iterdir()) == []


def test_a_value_and_a_tensor_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    header = write(path)
    header["__metadata__"]["a"] = "1"
    rewrite(path, header)
    refused(path, "it has a twice")
    header["__metadata__"]["a"] = '{"b": 1, "b": 2}'
    rewrite(path, header)
    refused(path, "damaged metadata: it names 'b' twice")


def test_a_file_that_shrinks_or_vanishes_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"
    arrays = {"a": np.zeros(100_000)}

    def read_after(change: Any) -> TensorReader:
        tensor_file.write(path, "Kind", arrays, {})
        with open_tensors(path) as reader:
            change()
            assert reader.read("a").data.size == 800_000
        return reader

    with pytest.raises(FileError, match="shorter while it was read"):
        read_after(lambda: os.truncate(path, 5000))
    # What is open stays.
    read_after(path.unlink)
    with pytest.raises(FileNotFoundError, match="file"):
        tensor_file.read(path)


def test_what_stands_in_a_file_s_place_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is a pipe, not a file")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        tensor_file.read(tmp_path)

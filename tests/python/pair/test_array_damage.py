"""Files of arrays that are damaged, cut short or of other formats: refused by name."""

from __future__ import annotations

import zipfile
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from array_contents import X, contents, entry, path, refused, tensors
from spanmatch.pair.array_files.array_file import open_array

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["path"]  # a fixture


def damaged_npy() -> Iterator[tuple[str, bytes]]:
    magic = b"\x93NUMPY"
    yield "empty", b""
    yield "no magic", b"hello, this is text"
    yield "magic alone", magic
    yield "cut in its header", magic + b"\x01\x00\x76\x00{'descr': "
    yield "version 9", magic + b"\x09\x00\x76\x00\x00\x00" + b" " * 200
    for text in [b"{'descr': ", b"(" * 300, b"'''", b"[1]", b"{'descr': '<f8'}", b"  x", b"\x00"]:
        header = text + b"\n"
        yield (
            f"header {text[:12]!r}",
            magic
            + b"\x01\x00"
            + bytes([len(header) % 256, 1])
            + (header + b" " * (256 + len(header) % 256 - len(header))),
        )
    shaped = "{{'descr': '<f8', 'fortran_order': False, 'shape': {}, }}\n"
    for shape in ["(-1, 3)", "(10**30, 3)", f"({10**30}, 3)", "(3.0, 3)", "3", "(2,) * 99"]:
        header = shaped.format(shape).encode()
        yield f"shape {shape}", magic + b"\x01\x00" + len(header).to_bytes(2, "little") + header


@pytest.mark.filterwarnings("ignore:Reading `.npy`")
@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in damaged_npy()])
def test_damaged_npy(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    refused(lambda: open_array(path), str(path))


def test_files_that_are_cut_short(path: Path) -> None:
    np.save(path, X)
    path.write_bytes(path.read_bytes()[:-9])
    refused(lambda: open_array(path), str(path), "cut short", "9 bytes")
    for save in (np.savez, np.savez_compressed):
        file = path.with_suffix(".npz")
        save(file, a=X)
        file.write_bytes(file.read_bytes()[:-40])
        refused(partial(open_array, file), str(file), "no readable .npz")
    file = path.with_suffix(".safetensors")
    save_file({"a": X}, file)
    file.write_bytes(file.read_bytes()[:-8])
    refused(lambda: open_array(file), str(file), "'a' should end at byte")


@pytest.mark.parametrize("byte", [200, 5_000, 60_000])
def test_a_damaged_member_is_found_where_it_is_read(path: Path, byte: int) -> None:
    path = path.with_suffix(".npz")
    np.savez_compressed(path, a=X)
    data = bytearray(path.read_bytes())
    data[byte : byte + 50] = bytes(50)
    path.write_bytes(data)
    refused(lambda: contents(path), str(path))


def test_a_member_in_fortran_order_cannot_be_streamed(path: Path) -> None:
    path = path.with_suffix(".npz")
    np.savez_compressed(path, a=np.asfortranarray(X))
    refused(lambda: open_array(path), str(path), "np.savez", "ascontiguousarray")


def test_members_that_numpy_does_not_write(path: Path) -> None:
    np.save(path, X)
    packed = path.with_suffix(".npz")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.write(path, "a.npy")
    refused(lambda: open_array(packed), str(packed), "a.npy", "packed")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "a.npy")
        archive.writestr("readme.txt", "no array")
    np.testing.assert_array_equal(contents(packed), X)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"{nonsense", ["not JSON"]),
        (b"\xff\xfe", ["not JSON"]),
        (b"[" * 100_000, ["not JSON"]),
        ([1], ["no", "JSON object"]),
        ({"a": 3}, ["'a'"]),
        ({"a": {"dtype": "F32", "shape": [2, 2]}}, ["'a'"]),
        ({"a": entry("F32", [2, -2], 0, 16)}, ["'a'", "[2, -2]"]),
        ({"a": entry("F32", [2, "2"], 0, 16)}, ["'a'"]),
        ({"a": entry("F32", [2, 2], 0, 1e3)}, ["'a'"]),
        ({"a": entry("F32", [2, 2], 4, 20)}, ["'a'", "byte"]),
        ({"a": entry("F32", [2, 2], -4, 12)}, ["'a'", "byte"]),
        ({"a": entry("F32", [2, 2], 12, 4)}, ["'a'", "byte"]),
        ({"a": entry("F32", [2, 2], 0, 12)}, ["'a'", "takes 16 bytes", "12"]),
        ({"a": entry("F32", [10**9, 10**9, 10**9], 0, 12)}, ["'a'"]),
        ({"a": entry("I32", [2, 2], 0, 16)}, ["int32", "astype"]),
        ({"a": entry("F8_E4M3", [4, 4], 0, 16)}, ["F8_E4M3"]),
        ({}, ["holds nothing"]),
    ],
)
def test_damaged_safetensors(path: Path, header: object, words: list[str]) -> None:
    file = tensors(path, header, bytes(16) if header else b"")
    refused(lambda: open_array(file), str(file), *words)


@pytest.mark.parametrize("length", [0, 17, 2**63, 2**64 - 1])
def test_safetensors_whose_header_has_another_length(path: Path, length: int) -> None:
    file = tensors(path, b"{}", b"", length)
    refused(lambda: open_array(file), str(file))
    file.write_bytes(b"abc")
    refused(lambda: open_array(file), str(file), "cut short")


def test_other_files(tmp_path: Path) -> None:
    refused(lambda: open_array(tmp_path / "x.txt"), "x.txt", ".npy, .npz, .safetensors")
    with pytest.raises(FileNotFoundError):
        open_array(tmp_path / "missing.npy")
    (tmp_path / "text.npz").write_text("no archive")
    refused(lambda: open_array(tmp_path / "text.npz"), "text.npz", "no readable .npz file")

"""Array files made to do harm: refused in little time and memory, whatever they claim."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import textwrap
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from array_contents import X, contents, entry, refused, tensors
from canary import RunsCode
from spanmatch.base.errors import FileError
from spanmatch.pair.array_files.array_file import open_array

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"\x93NUMPY"


def npy(header: bytes, version: int = 2, length: int | None = None) -> bytes:
    size = len(header) if length is None else length
    return MAGIC + bytes([version, 0]) + size.to_bytes(2 if version == 1 else 4, "little") + header


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as held:
        for name, data in members.items():
            held.writestr(f"{name}.npy", data)
    return path


def whole(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def run_limited(code: str, *arguments: Path, memory: int = 2**30, seconds: int = 30) -> str:
    """Run code in a process that may take so much memory beside what numpy does, and no longer."""
    limits = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))\n"
    done = subprocess.run(
        [sys.executable, "-c", limits + textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-500:]
    return done.stdout


OPEN = """
    import sys
    from spanmatch.base.errors import FileError
    from spanmatch.pair.array_files.array_file import open_array
    try:
        for batch in open_array(sys.argv[1]).read_batches(480): pass
    except FileError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
def test_a_header_that_unpacks_to_far_more(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", a=npy(b" " * 200_000_000))
    assert path.stat().st_size < 1_000_000
    assert "200000000 bytes" in run_limited(OPEN, path, memory=2**29)


@pytest.mark.parametrize("length", [10_001, 2**31, 2**32 - 1])
def test_a_header_is_as_long_as_any_may_be(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(npy(b"{}", length=length))
    refused(lambda: open_array(path), str(path), f"{length} bytes")


def test_a_member_that_claims_more_than_can_be_packed(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.npz", a=whole(np.zeros((1000, 4))))
    data = bytearray(path.read_bytes())
    # The size, in the directory at the end.
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 2**31)
    path.write_bytes(data)
    refused(lambda: open_array(path), str(path), "a.npy", "more than its")


def test_a_member_that_is_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as held:
        held.writestr("a.npy", whole(X))
        with pytest.warns(UserWarning, match="Duplicate"):
            held.writestr("a.npy", whole(2 * X))
    refused(lambda: open_array(path), str(path), "a.npy twice")


def test_fields_that_are_there_twice(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), 'shape': (1, 2), }\n"
    path = tmp_path / "x.npy"
    path.write_bytes(npy(header) + bytes(16))
    refused(lambda: open_array(path), str(path), "twice")
    one = json.dumps(entry("F32", [2, 2], 0, 16))
    for text in (f'{{"a": {one}, "a": {one}}}', f'{{"a": {{"dtype": "F16", {one[1:]}}}'):
        file = tensors(path, text.encode(), bytes(16))
        refused(lambda: open_array(file), str(file), "twice")  # noqa: B023


@pytest.mark.parametrize(
    "places", [[(0, 16), (0, 16)], [(0, 16), (8, 24)], [(0, 16), (20, 36)], [(4, 20)], [(0, 16)]]
)
def test_tensors_that_overlap_or_leave_gaps(tmp_path: Path, places: list[tuple[int, int]]) -> None:
    header = {str(at): entry("F32", [2, 2], *place) for at, place in enumerate(places)}
    size = 16 * len(places) + 4
    file = tensors(tmp_path / "x", header, bytes(size))
    refused(lambda: open_array(file, "0"), str(file), "byte")


@pytest.mark.parametrize("shape", [[True, 4], [2.0, 2], ["2", 2], [2**64, 0], [1] * 100])
def test_shapes_that_are_none(tmp_path: Path, shape: list[Any]) -> None:
    file = tensors(tmp_path / "x", {"a": entry("F32", shape, 0, 16)}, bytes(16))
    refused(lambda: open_array(file), str(file), "shape")


def test_bytes_that_nothing_accounts_for(tmp_path: Path) -> None:
    # One flipped bit of a header makes 1500 rows 1100: the rest would be lost unseen.
    path = tmp_path / "x.npy"
    path.write_bytes(whole(X).replace(b"(1500, ", b"(1100, "))
    refused(lambda: open_array(path), str(path), "41600 bytes follow", "(1100, 13)")


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_stored_member_has_a_checksum(tmp_path: Path, order: Any) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.asarray(X, order=order))
    np.testing.assert_array_equal(contents(path), X)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    refused(lambda: contents(path), str(path), "CRC")


SHRINK = """
    import sys
    from spanmatch.pair.array_files.array_file import open_array
    from spanmatch.base.errors import FileError
    batches = open_array(sys.argv[1]).read_batches(480)
    next(batches)
    with open(sys.argv[1], "r+b") as file:
        file.truncate(200_000)
    try:
        for batch in batches: batch.sum()
    except FileError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")
@pytest.mark.parametrize("kind", ["npy", "fortran.npy", "npz", "fortran.npz", "safetensors"])
def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path, kind: str) -> None:
    path, big = tmp_path / f"x.{kind}", np.zeros((30_000, 300), np.float32)
    array = np.asfortranarray(big) if "fortran" in kind else big
    if kind == "safetensors":
        save_file({"a": array}, path)
    else:
        (np.savez if kind.endswith("npz") else np.save)(path, array)
    said = run_limited(SHRINK, path, memory=2**31)
    assert str(path) in said
    assert "cut short" in said


def test_a_file_that_changes_after_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, X)
    held = open_array(path)
    np.save(path, X[:1000])
    with pytest.raises(FileError, match=r"x\.npy has changed since it was opened"):
        next(held.read_batches(480))
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"x\.npy"):
        next(held.read_batches(480))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".safetensors"])
def test_what_is_no_file(tmp_path: Path, suffix: str) -> None:
    pipe, link, folder = (tmp_path / f"{name}{suffix}" for name in ("pipe", "link", "folder"))
    os.mkfifo(pipe)
    folder.mkdir()
    link.symlink_to(link)
    refused(lambda: open_array(pipe), str(pipe), "a pipe")
    with pytest.raises(IsADirectoryError, match="folder"):
        open_array(folder)
    with pytest.raises(OSError, match="link"):
        open_array(link)
    null = tmp_path / f"null{suffix}"
    null.symlink_to("/dev/zero")
    refused(lambda: open_array(null), str(null), "a device")


def test_no_pickle_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    evil = np.empty((2, 2), object)
    evil[:] = RunsCode(mark)
    np.save(tmp_path / "a.npy", evil)
    np.savez(tmp_path / "a.npz", a=evil)
    np.savez_compressed(tmp_path / "b.npz", a=evil)
    for name in ("c.npy", "c.npz", "c.safetensors"):
        (tmp_path / name).write_bytes(pickle.dumps(RunsCode(mark)))
    for name in ("a.npy", "a.npz", "b.npz", "c.npy", "c.npz", "c.safetensors"):
        refused(lambda: contents(tmp_path / name), name)  # noqa: B023
        assert not mark.exists(), name
    # They are as malicious as they look.
    np.load(tmp_path / "a.npy", allow_pickle=True)
    assert mark.exists()

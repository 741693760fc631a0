"""Checkpoint files that hold the same bytes under several names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch")
from spanmatch.torch.loading import identical_files
from spanmatch.torch.loading.identical_files import find_identical


@given(st.lists(st.one_of(st.none(), st.binary(max_size=2)), max_size=8))
def test_groups_are_those_of_the_bytes(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes | None]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    files: dict[str, str | None] = {}
    for number, content in enumerate(contents):
        files[f"n{number}"] = None if content is None else str(folder / f"{number}.pt")
        if content is not None:
            (folder / f"{number}.pt").write_bytes(content)
    groups = find_identical(files)
    # Each two of them are in one group, or not, as their bytes say.
    for i, one in enumerate(contents):
        for j, other in enumerate(contents[:i]):
            together = any({f"n{i}", f"n{j}"} <= set(group) for group in groups)
            assert together == (one is not None and one == other)
    assert all(len(group) > 1 and list(group) == sorted(group) for group in groups)


def test_only_files_of_one_size_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def hash_file(file: str) -> str:
        read.append(Path(file).name)
        return "the same"

    monkeypatch.setattr(identical_files, "hash_named_file", hash_file)
    files = {}
    for name, size in (("a", 3), ("b", 4), ("c", 3)):
        (tmp_path / name).write_bytes(bytes(size))
        files[name] = str(tmp_path / name)
    assert find_identical(files) == (("a", "c"),)
    assert read == ["a", "c"]


def test_of_an_index_all_files_count(tmp_path: Path) -> None:
    files = {}
    for name, content in (("a", b"one"), ("b", b"two"), ("c", b"one")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.safetensors").write_bytes(content)
        index = tmp_path / name / "model.safetensors.index.json"
        index.write_text(json.dumps({"weight_map": {"w": "part.safetensors"}}))
        files[name] = str(index)
    assert find_identical(files) == (("a", "c"),)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"none\.pt"):
        find_identical({"a": str(tmp_path / "none.pt")})

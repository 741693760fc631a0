"""What is half written never has the final name, and is swept by the next run."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from spanmatch.base.atomic import remove_unfinished, replacing


def test_errors_name_the_file_and_not_the_unfinished_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("before")

    def fill(filename: str | None) -> None:
        with replacing(path) as unfinished:
            unfinished.write_text("half")
            name = None if filename is None else str(unfinished)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    for filename in (None, "unfinished"):
        with pytest.raises(OSError, match="No space left") as caught:
            fill(filename)
        assert caught.value.filename == str(path)
        assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk to write to")
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "file"

    def write() -> None:
        with replacing(path) as unfinished:
            unfinished.unlink()
            unfinished.symlink_to("/dev/full")
            unfinished.write_text("half")

    with pytest.raises(OSError, match="No space left"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_other_errors_stay_as_they_are(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError, match="elsewhere"),
        replacing(tmp_path / "file"),
    ):
        Path(tmp_path / "elsewhere").read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_no_pipe_or_device_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/null"):
        with pytest.raises(FileExistsError, match="it is not a file"), replacing(path):
            pass
    assert (tmp_path / "pipe").is_fifo()


def test_names_as_long_as_there_are_can_be_written(tmp_path: Path) -> None:
    for name in ("a" * 255, "𝛿" * 63, os.fsdecode(b"\xff" * 200)):
        with replacing(tmp_path / name) as unfinished:
            unfinished.write_text(name[:1], errors="replace")
        assert (tmp_path / name).is_file()


def test_what_is_left_is_swept_where_it_is_said_and_nowhere_else(tmp_path: Path) -> None:
    left = f".comparison.png.{'0f' * 8}"
    out = tmp_path / "out"
    kept = [
        tmp_path / "other" / left,
        out / "mine" / left,
        out / ".hidden",
        out / "pairs" / ".a.0f",
    ]
    gone = [out / left, out / "pairs" / left, out / "pairs" / "deep" / left]
    for path in (*kept, *gone):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (out / "linked").symlink_to(tmp_path / "other")
    (out / f".folder.{'0f' * 8}").mkdir()
    remove_unfinished(out, ("pairs", "linked", "missing"))
    assert all(path.exists() for path in kept)
    assert not any(path.exists() for path in gone)
    remove_unfinished(tmp_path / "missing", ("pairs",))

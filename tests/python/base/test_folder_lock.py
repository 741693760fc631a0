"""A folder of results belongs to one process at a time, and to nobody once that has died."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

import spanmatch as sm
from comparisons import comparison
from held_folder import other_process
from spanmatch.base import folder_lock
from spanmatch.base.errors import FileError, FolderInUseError
from spanmatch.base.folder_lock import LOCK, lock_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_another_process_is_refused_and_told_by_whom(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with other_process(out) as child:
        with pytest.raises(FolderInUseError) as refused, lock_folder(out):
            pass
        assert f"{out} is in use by process {child.pid} (" in str(refused.value)
        assert "choose another folder" in str(refused.value)
        assert (out / LOCK).is_file()
        child.communicate("")
        assert child.returncode == 0
    assert list(out.iterdir()) == []
    with lock_folder(out):
        pass


def test_a_killed_process_holds_nothing_and_its_file_goes(tmp_path: Path) -> None:
    with other_process(tmp_path) as child:
        child.kill()
        child.wait()
        assert (tmp_path / LOCK).is_file()
        with lock_folder(tmp_path):
            assert str(os.getpid()) in (tmp_path / LOCK).read_text()
    assert list(tmp_path.iterdir()) == []


def test_the_holder_may_take_it_again_and_what_is_within(tmp_path: Path) -> None:
    with lock_folder(tmp_path), lock_folder(tmp_path), lock_folder(tmp_path / "within"):
        assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_another_thread_is_refused(tmp_path: Path) -> None:
    refusals: list[str] = []

    def take() -> None:
        try:
            with lock_folder(tmp_path):
                pass
        except FolderInUseError as error:
            refusals.append(str(error))

    with lock_folder(tmp_path):
        thread = threading.Thread(target=take)
        thread.start()
        thread.join()
    assert len(refusals) == 1
    assert "another thread of this process" in refusals[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_holds_nothing(tmp_path: Path) -> None:
    """A worker of a DataLoader may outlive the process that it was forked by."""
    read_end, write_end = os.pipe()
    with lock_folder(tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", FORKED, str(tmp_path / "out"), str(read_end)],
            stdout=subprocess.PIPE,
            pass_fds=[read_end],
            text=True,
        )
        os.close(read_end)
        assert child.wait(timeout=60) == 0
    with lock_folder(tmp_path / "out"):
        pass
    os.close(write_end)
    assert child.stdout is not None
    child.stdout.close()


FORKED = """
import os, sys
from pathlib import Path
from spanmatch.base.folder_lock import lock_folder
with lock_folder(Path(sys.argv[1])):
    if os.fork() == 0:
        os.read(int(sys.argv[2]), 1)
        os._exit(0)
    os._exit(0)
"""


def test_without_locks_it_warns_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_lock, "_try_to_lock", lambda _: False)
    with pytest.warns(UserWarning, match="without locks"), lock_folder(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_refused_and_left_alone(tmp_path: Path, kind: str) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    folder = tmp_path / "out"
    folder.mkdir()
    if kind == "link":
        (folder / LOCK).symlink_to(precious)
    elif kind == "folder":
        (folder / LOCK).mkdir()
    elif hasattr(os, "mkfifo"):
        os.mkfifo(folder / LOCK)
    with pytest.raises(FileError, match=r"\.lock is not a lock file"), lock_folder(folder):
        pass
    assert precious.read_text() == "mine"


def test_a_comparison_is_not_saved_into_a_folder_in_use(tmp_path: Path) -> None:
    with other_process(tmp_path), pytest.raises(sm.FolderInUseError):
        comparison().save(tmp_path)
    comparison().save(tmp_path)


def test_links_that_lead_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="a"), lock_folder(tmp_path / "a"):
        pass

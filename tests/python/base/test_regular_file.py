"""What stands in a file's place is refused before it is opened."""

import os
import socket
import tempfile
from pathlib import Path

import pytest

from spanmatch.base.errors import FileError
from spanmatch.base.regular_file import check_regular


def test_a_file_a_link_to_one_and_a_folder_pass(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    (tmp_path / "link").symlink_to(path)
    for each in (path, str(path), tmp_path / "link", tmp_path):
        check_regular(each)


def test_a_pipe_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "pipe.npy"
    os.mkfifo(path)
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(FileError, match=r"pipe.npy is a pipe, not a file: save what it holds"):
        check_regular(path)
    with pytest.raises(FileError, match=r"link is a pipe"):
        check_regular(str(tmp_path / "link"))


def test_a_device_is_refused() -> None:
    with pytest.raises(FileError, match=r"^/dev/zero is a device, not a file"):
        check_regular(Path("/dev/zero"))


def test_a_socket_is_refused() -> None:
    # A socket's path must be short.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as end:
        path = Path(folder) / "socket"
        end.bind(str(path))
        with pytest.raises(FileError, match="is a socket, not a file"):
            check_regular(path)


def test_a_missing_file_and_a_loop_of_links_are_errors_with_their_names(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        check_regular(tmp_path / "missing")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match="loop"):
        check_regular(tmp_path / "loop")

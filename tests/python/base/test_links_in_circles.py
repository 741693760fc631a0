"""Links that lead round in a circle, where a file is to be written: an error of the system."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from spanmatch.base.atomic import check_writable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_circle_is_refused_and_stays(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to(two)
    two.symlink_to(one)
    with pytest.raises(OSError, match="one") as caught:
        check_writable(one)
    assert caught.value.errno == errno.ELOOP
    assert one.is_symlink()


def test_other_links_are_followed(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "missing")
    assert check_writable(link) == (tmp_path / "missing").resolve()

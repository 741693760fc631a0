"""What a killed run has left half written is swept by the next one, in all folders that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spanmatch.torch.resuming.folder import ABSENT, WITHIN, claim_folder

if TYPE_CHECKING:
    from pathlib import Path

LEFT = f".comparison.png.{'0f' * 8}"


def test_what_is_left_is_swept_where_the_folder_is_ours(tmp_path: Path) -> None:
    claim_folder(tmp_path, ABSENT | {"seed": 0})
    left = [tmp_path / LEFT]
    for within in WITHIN:
        left += [tmp_path / within / LEFT, tmp_path / within / "a--b" / LEFT]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with pytest.raises(ValueError, match="another comparison"):
        claim_folder(tmp_path, ABSENT | {"seed": 1})
    assert all(path.exists() for path in left)
    claim_folder(tmp_path, ABSENT | {"seed": 0})
    assert not any(path.exists() for path in left)


def test_a_picture_that_is_left_is_swept_before_there_are_results(tmp_path: Path) -> None:
    claim_folder(tmp_path, ABSENT | {"seed": 0})
    (tmp_path / LEFT).touch()
    claim_folder(tmp_path, ABSENT | {"seed": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]

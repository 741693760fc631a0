"""A folder of a comparison that is not whole, or not ours, is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import spanmatch as sm
from comparisons import comparison, contents, file_of, same_pair
from spanmatch.comparison.comparison import Comparison

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = comparison(inputs=12, center=True)


@pytest.mark.parametrize("kind", ["pair", "spectrum"])
def test_missing_and_damaged_files_are_named_with_their_layer(kind: str, tmp_path: Path) -> None:
    PLAIN.save(tmp_path)
    path = file_of(tmp_path, "features.3", kind)
    whole = path.read_bytes()

    def refused(words: str) -> None:
        with pytest.raises(sm.FileError, match=words) as caught:
            Comparison.load(tmp_path).pair("features.3")
        assert str(path) in str(caught.value)
        assert "layer features.3" in str(caught.value)

    path.unlink()
    refused("is missing")
    path.write_bytes(whole[:-1])
    refused("cut short")
    PLAIN["features.3"].match(0.5).save(path)
    refused("holds (a )?Match, not ")
    path.write_bytes(whole)
    assert same_pair(Comparison.load(tmp_path).pair("features.3"), PLAIN.pair("features.3"))


def test_a_missing_pair_is_told_before_it_is_asked_for_and_then_too(tmp_path: Path) -> None:
    PLAIN.save(tmp_path)
    again = Comparison.load(tmp_path)
    file_of(tmp_path, "features.0").unlink()
    with pytest.raises(sm.FileError, match=r"features\.0.* its pair, is missing"):
        again.pair("features.0")
    with pytest.raises(sm.FileError, match=r"features\.0.* its pair, is missing"):
        Comparison.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 3, "version": "9.1"}, r"format 3, of spanmatch 9\.1.*up to 2: upgrade"),
        ({"format": "1"}, "damaged: it does not say which format"),
        ({"format": None}, "damaged: it does not say which format"),
        ({"spanmatch": "Orchestra"}, "not one that spanmatch has written"),
        ({"layers": []}, r"damaged \(a comparison is of one layer"),
        ({"layers": 3}, "damaged"),
        ({"layers": [3]}, "damaged"),
        ({"layers": [{"key": "a"}]}, "damaged .it lacks 'note'"),
        ({"layers": [{"key": "a", "note": ""}]}, "damaged .it lacks 'pair'"),
        ({"layers": [{"key": [1], "note": ""}]}, "damaged .a layer is a name"),
        ({"layers": [{"key": "a", "note": 1}]}, "damaged .its note is 1: it must be a text"),
        (
            {"layers": [{"key": "a", "note": "", "pair": "../../passwd", "spectrum": ""}]},
            "damaged .'../../passwd' is not the pair of layer 'a'",
        ),
        ({"center": "yes"}, "damaged .its center is 'yes'"),
        ({"inputs": "many"}, "damaged .its inputs is"),
        ({"inputs": True}, "damaged .its inputs is"),
        ({"inputs": 0}, "damaged .its inputs is"),
    ],
)
def test_damaged_and_newer_indices_are_refused(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    PLAIN.save(tmp_path)
    path = tmp_path / "comparison.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    before = contents(tmp_path)
    # Nor is a comparison written over what cannot be read.
    for call in (lambda: Comparison.load(tmp_path), lambda: PLAIN.save(tmp_path)):
        with pytest.raises(sm.FileError, match=words) as caught:
            call()
        assert str(path) in str(caught.value)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b"\xff\xfe", b'{"spanmatch": 1}', b"[" * 99999]
)
def test_what_is_no_index_is_refused(content: bytes, tmp_path: Path) -> None:
    PLAIN.save(tmp_path)
    (tmp_path / "comparison.json").write_bytes(content)
    with pytest.raises(sm.FileError, match=r"comparison\.json is (damaged|not one)"):
        Comparison.load(tmp_path)


def test_a_folder_without_an_index_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(sm.FileError, match=r"comparison\.json is missing: .*saved whole"):
            Comparison.load(folder)

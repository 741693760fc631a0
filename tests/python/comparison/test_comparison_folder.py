"""A comparison in a folder comes back to the bit; a folder that is not whole is refused."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

import spanmatch as sm
from comparisons import (
    LAYERS,
    PAIRS,
    Untouchable,
    comparison,
    contents,
    file_of,
    pair,
    same_pair,
)
from spanmatch.base.errors import FileError
from spanmatch.comparison import layer_files as comparison_file
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.folder import write_index

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.comparison.keys import Key

HARD = [
    "a/b",
    "a.b",
    "a_b",
    "A.b",
    "..",
    ".hidden",
    "nul",
    "weights#1",
    "",
    "ε⊗",
    "\udcff",
    "x" * 300,
    "y." * 200,
]
PLAIN = comparison(inputs=12, center=True, notes={"features.3": "mean over ½ of the positions"})


@pytest.mark.parametrize(
    "compared",
    [
        PLAIN,
        comparison(single=True),
        comparison(PAIRS),
        comparison(HARD),
        comparison([(a, "B.c") for a in HARD], single=True),
    ],
    ids=["plain", "single neurons", "all pairs", "hard names", "hard pairs"],
)
def test_it_comes_back_to_the_bit(compared: Comparison, tmp_path: Path) -> None:
    compared.save(tmp_path / "new" / "folder")
    again = Comparison.load(str(tmp_path / "new" / "folder"))
    assert again == compared
    assert (again.center, again.inputs, again.notes) == (
        compared.center,
        compared.inputs,
        compared.notes,
    )
    for key in compared:
        assert same_pair(again.pair(key), compared.pair(key))
    again.save(tmp_path / "copy")
    assert Comparison.load(tmp_path / "copy") == compared
    assert set(contents(tmp_path / "copy")) == set(contents(tmp_path / "new" / "folder"))


def test_the_folder_says_what_it_holds(tmp_path: Path) -> None:
    PLAIN.save(tmp_path)
    index = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    layers = index.pop("layers")
    assert index == {
        "spanmatch": "Comparison",
        "format": 1,
        "version": sm.__version__,
        "center": True,
        "inputs": 12,
        "left_out": {},
    }
    assert [entry["key"] for entry in layers] == list(LAYERS)
    assert [entry["note"] for entry in layers] == ["", "mean over ½ of the positions", ""]
    for entry in layers:
        assert same_pair(sm.ActivationPair.load(tmp_path / entry["pair"]), PLAIN.pair(entry["key"]))
        assert sm.MatchSpectrum.load(tmp_path / entry["spectrum"]) == PLAIN[entry["key"]]
    assert len(contents(tmp_path)) == 1 + 2 * len(LAYERS)


def test_without_pairs(tmp_path: Path) -> None:
    # Over one that has them, which go.
    PLAIN.save(tmp_path)
    PLAIN.without_pairs().save(tmp_path)
    index = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert index["format"] == 2
    assert len(contents(tmp_path)) == 1 + len(LAYERS)
    again = Comparison.load(tmp_path)
    assert again == PLAIN
    with pytest.raises(ValueError, match="the comparison was kept without its pairs"):
        again.pair(next(iter(LAYERS)))
    again.save(tmp_path / "copy")
    assert Comparison.load(tmp_path / "copy") == PLAIN
    assert pickle.loads(pickle.dumps(again.without_replicates())) == PLAIN
    # In the format before, a layer without a pair is damage.
    index["format"] = 1
    (tmp_path / "comparison.json").write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(FileError, match=r"damaged .it lacks 'pair'"):
        Comparison.load(tmp_path)
    PLAIN.save(tmp_path / "copy")
    assert same_pair(
        Comparison.load(tmp_path / "copy").pair(next(iter(LAYERS))), PLAIN.pair(next(iter(LAYERS)))
    )


def test_names_of_files_are_safe_legible_and_apart() -> None:
    keys: list[Key] = [*HARD, *((a, b) for a in HARD for b in HARD)]
    names = [comparison_file.name_file("pairs", key) for key in keys]
    for name in names:
        assert re.fullmatch(r"pairs/[A-Za-z0-9_-]+\.safetensors", name)
        assert len(name) < 130
    assert len({name.lower() for name in names}) == len(keys)
    assert names[1].startswith("pairs/a_b-")
    assert comparison_file.name_file("pairs", ("conv.1", "fc")).startswith("pairs/conv_1--fc-")
    # Of the key alone, and the same in every process and version.
    assert names[0] == "pairs/a_b-f5effa31772a.safetensors"


def test_pairs_are_read_when_asked_for(tmp_path: Path, monkeypatch: Any) -> None:
    PLAIN.save(tmp_path)
    read: list[object] = []
    load = sm.ActivationPair.load

    def noted(read: list[object], path: Path) -> sm.ActivationPair:
        read.append(path)
        return load(path)

    monkeypatch.setattr(sm.ActivationPair, "load", partial(noted, read))
    again = Comparison.load(tmp_path)
    assert repr(again) == repr(PLAIN)
    again._repr_html_()
    twin = pickle.loads(pickle.dumps(again))
    assert read == []
    assert same_pair(twin.pair("classifier"), PLAIN.pair("classifier"))
    assert read == [file_of(tmp_path, "classifier")]


def test_a_loaded_comparison_knows_its_folder_from_anywhere(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    PLAIN.save("here")
    again = Comparison.load("here")
    monkeypatch.chdir("/")
    assert same_pair(again.pair("features.0"), PLAIN.pair("features.0"))


def test_a_save_cut_off_anywhere_is_refused_or_whole(tmp_path: Path, monkeypatch: Any) -> None:
    first = comparison(["a", "b", "c"], center=True)
    then = comparison(["b", "d", "a"])
    steps = ("unlink", "replace")
    for last in range(40):
        folder = tmp_path / str(last)
        first.save(folder)
        done = 0

        def counted(act: Any, last: int = last) -> Any:
            def step(*arguments: Any, **kwargs: Any) -> Any:
                nonlocal done
                # What removes the unfinished file after the end is none.
                if not (act.__name__ == "unlink" and arguments[0].name.startswith(".")):
                    if done == last:
                        raise KeyboardInterrupt
                    done += 1
                return act(*arguments, **kwargs)

            return step

        with monkeypatch.context() as patch:
            for name in steps:
                patch.setattr(f"pathlib.Path.{name}", counted(getattr(type(tmp_path), name)))
            try:
                then.save(folder)
            except KeyboardInterrupt:
                pass
            else:
                break
        if last == 0:
            assert Comparison.load(folder) == first
        else:
            with pytest.raises(sm.FileError, match="missing"):
                Comparison.load(folder)
        then.save(folder)
        assert Comparison.load(folder) == then
        assert len(contents(folder)) == 7
        shutil.rmtree(folder)
    assert last == 10  # 2 files of c, the index, 6 files and the index again
    assert Comparison.load(folder) == then


def test_another_comparison_takes_the_place(tmp_path: Path) -> None:
    comparison(["a", "b"]).save(tmp_path)
    mine = tmp_path / "pairs" / "mine.safetensors"
    pair(7).save(mine)
    (tmp_path / "notes.txt").write_text("keep")
    then = comparison(["c", "b"], inputs=5)
    then.save(tmp_path)
    again = Comparison.load(tmp_path)
    assert again == then
    assert same_pair(again.pair("b"), then.pair("b"))
    assert mine.exists()
    assert (tmp_path / "notes.txt").read_text() == "keep"
    assert len(contents(tmp_path)) == 2 + 1 + 4


def test_a_loaded_comparison_can_be_saved_where_it_lies(tmp_path: Path) -> None:
    PLAIN.save(tmp_path)
    before = set(contents(tmp_path))
    Comparison.load(tmp_path).save(tmp_path)
    again = Comparison.load(tmp_path)
    assert again == PLAIN
    assert all(same_pair(again.pair(layer), PLAIN.pair(layer)) for layer in LAYERS)
    assert set(contents(tmp_path)) == before


def test_a_save_takes_one_pair_at_a_time(tmp_path: Path) -> None:
    class Counted(Untouchable):
        alive = most = 0

        def __getitem__(self, key: Any) -> Any:  # type: ignore[override]
            outer = self

            class Passing(sm.ActivationPair):
                def __del__(self) -> None:
                    outer.alive -= 1

            made = Passing()
            made.merge(PLAIN.pair(key))
            self.alive += 1
            self.most = max(self.most, self.alive)
            return made

    pairs = Counted()
    Comparison(dict(PLAIN), pairs).save(tmp_path)
    assert (pairs.alive, pairs.most) == (0, 1)


def test_work_that_was_cut_off_can_go_on(tmp_path: Path) -> None:
    assert comparison_file.find_finished_pairs(tmp_path, LAYERS) == set()
    for layer in LAYERS[:2]:
        comparison_file.write_pair(tmp_path, layer, PLAIN.pair(layer))
    (tmp_path / "pairs" / "half-written.safetensors").touch()
    finished = comparison_file.find_finished_pairs(tmp_path, LAYERS)
    assert finished == set(LAYERS[:2])
    assert same_pair(
        comparison_file.read_pair(tmp_path, next(iter(LAYERS))), PLAIN.pair(next(iter(LAYERS)))
    )
    with pytest.raises(sm.FileError, match=r"layer classifier: .*, its pair, is missing"):
        comparison_file.read_pair(tmp_path, "classifier")
    comparison_file.write_pair(tmp_path, LAYERS[2], PLAIN.pair(LAYERS[2]))
    for layer in LAYERS:
        comparison_file.write_answer(tmp_path, layer, PLAIN.solved(layer))
    assert comparison_file.read_spectrum(tmp_path, LAYERS[1]) == PLAIN[LAYERS[1]]
    with pytest.raises(sm.FileError, match=r"comparison\.json is missing"):
        Comparison.load(tmp_path)
    pairs = comparison_file.SavedPairs(tmp_path, LAYERS)
    made = Comparison(dict(PLAIN), pairs, center=True, inputs=12, notes=PLAIN.notes)
    write_index(tmp_path, made)
    assert Comparison.load(tmp_path) == PLAIN
    assert (list(pairs), len(pairs), "other" in pairs) == (list(LAYERS), 3, False)


def test_names_of_files_do_not_depend_on_the_order(tmp_path: Path) -> None:
    spectra = dict(PLAIN)
    pairs = {key: PLAIN.pair(key) for key in spectra}
    PLAIN.save(tmp_path / "a")
    Comparison(dict(reversed(spectra.items())), pairs).save(tmp_path / "b")
    assert set(contents(tmp_path / "a")) == set(contents(tmp_path / "b"))
    assert Comparison.load(tmp_path / "b").layers == LAYERS[::-1]

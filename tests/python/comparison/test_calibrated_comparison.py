"""Calibrations of all layers: kept or computed, a table that says what is chance, a picture."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from comparisons import Untouchable, calibration
from spanmatch.base.plain_json import format_json
from spanmatch.comparison.calibrated_comparison import CalibratedComparison
from spanmatch.comparison.comparison import Comparison
from spanmatch.solve.layer_answer import answer_layer

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.comparison.keys import Key

SHARED: dict[Key, int] = {"conv": 5, "fc": 2, "head": 0}
KEYS: list[Key] = [(a, b) for a in ("a.1", "a.2") for b in ("b.1", "b.2", "b.3")]


def make_pair(seed: int, shared: int, nulls: int = 19) -> sm.ActivationPair:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 200, 6))
    y[:, :shared] = x[:, :shared] + 0.1 * rng.standard_normal((200, shared))
    pair = sm.ActivationPair(nulls=nulls)
    pair.update(x, y)
    return pair


PAIRS: dict[Key, sm.ActivationPair] = {
    layer: make_pair(seed, shared) for seed, (layer, shared) in enumerate(SHARED.items())
}
ANSWERS = {layer: answer_layer(pair, center=False, calibrate=True) for layer, pair in PAIRS.items()}
CALIBRATIONS: dict[Key, sm.Calibration] = {
    layer: each.calibration for layer, each in ANSWERS.items() if each.calibration is not None
}
SPECTRA: dict[Key, sm.MatchSpectrum] = {layer: each.spectrum for layer, each in ANSWERS.items()}
NULLS: dict[Key, sm.NullSpectra] = {
    layer: each.nulls for layer, each in ANSWERS.items() if each.nulls is not None
}
KEPT = Comparison(SPECTRA, Untouchable(), calibrations=CALIBRATIONS)


def test_what_is_kept_is_shown_and_no_pair_is_read() -> None:
    calibrated = KEPT.calibrated()
    assert dict(calibrated) == CALIBRATIONS
    assert calibrated.layers == tuple(SHARED)
    assert calibrated.level == 0.05
    for layer, each in CALIBRATIONS.items():
        at = list(SHARED).index(layer)
        for measure in calibrated.measures:
            found = each[measure]
            assert calibrated.value(measure)[at] == found.value
            assert calibrated.threshold(measure)[at] == found.threshold
            assert calibrated.score(measure)[at] == found.score
            assert calibrated.p_value(measure)[at] == found.p_value
    assert (calibrated.score("area") > 0).tolist() == [True, True, False]


def test_what_is_not_kept_is_computed_of_the_pairs_alike() -> None:
    assert Comparison(SPECTRA, PAIRS, nulls=NULLS).calibrated() == KEPT.calibrated()
    assert Comparison(SPECTRA, PAIRS).calibrated() == KEPT.calibrated()
    some: dict[Key, sm.Calibration] = {"fc": CALIBRATIONS["fc"]}
    assert Comparison(SPECTRA, PAIRS, calibrations=some).calibrated() == KEPT.calibrated()
    centered: dict[Key, sm.MatchSpectrum] = {
        layer: sm.spectrum(pair, center=True) for layer, pair in PAIRS.items()
    }
    found = Comparison(centered, PAIRS, center=True).calibrated()
    assert found != KEPT.calibrated()
    with_all = Comparison(SPECTRA, PAIRS, nulls=NULLS).with_calibrations()
    assert with_all == Comparison(SPECTRA, None, nulls=NULLS, calibrations=CALIBRATIONS)
    assert with_all.pair("fc").n_nulls == 19
    assert found.value("area").tolist() == [each.area for each in centered.values()]
    ridged: dict[Key, sm.MatchSpectrum] = {
        layer: sm.spectrum(pair, ridge=0.2) for layer, pair in PAIRS.items()
    }
    with_ridge = Comparison(ridged, PAIRS).calibrated()
    assert with_ridge.value("area").tolist() == [each.area for each in ridged.values()]
    assert {each.ridge for each in with_ridge.values()} == {0.2}


def test_another_level() -> None:
    assert KEPT.calibrated(0.2) == Comparison(SPECTRA, PAIRS).calibrated(level=0.2)
    assert KEPT.calibrated(0.2).level == 0.2
    for compared in (KEPT, Comparison(SPECTRA, Untouchable(), nulls=NULLS)):
        with pytest.raises(ValueError, match=r"a level of 0\.01 needs 99 distinct nulls"):
            compared.calibrated(0.01)


def test_what_cannot_be_found_says_how_to_get_it() -> None:
    with pytest.raises(ValueError, match="neither a calibration nor a pair of conv: compare with"):
        Comparison(SPECTRA, None).calibrated()
    bare: dict[Key, sm.ActivationPair] = {
        layer: pair.without_replicates() for layer, pair in PAIRS.items()
    }
    with pytest.raises(ValueError, match="no calibration of conv, and its pair no nulls: compare"):
        Comparison(SPECTRA, bare).calibrated()
    few: dict[Key, sm.ActivationPair] = {"fc": make_pair(0, 2, nulls=5)}
    with pytest.raises(ValueError, match="needs 19 distinct nulls at least, and there are 5"):
        Comparison({"fc": sm.spectrum(few["fc"])}, few).calibrated()
    with pytest.raises(ValueError, match="no measure 'cka': there are area, one_to_one_area"):
        KEPT.calibrated().score("cka")
    with pytest.raises(KeyError, match="no layer 'con': did you mean 'conv'"):
        KEPT.calibrated()["con"]
    with pytest.raises(ValueError, match="of several levels"):
        CalibratedComparison({"a": CALIBRATIONS["fc"], "b": CALIBRATIONS["fc"].at_level(0.5)})


def test_it_is_immutable_and_copied() -> None:
    calibrated = KEPT.calibrated()
    for twin in (pickle.loads(pickle.dumps(calibrated)), copy.deepcopy(calibrated)):
        assert twin == calibrated
    assert calibrated != KEPT.calibrated(0.5)
    assert calibrated != dict(calibrated)
    assert CalibratedComparison(dict(list(calibrated.items())[::-1])) != calibrated
    with pytest.raises(TypeError):
        calibrated["fc"] = CALIBRATIONS["fc"]  # type: ignore[index]
    with pytest.raises(TypeError, match="unhashable"):
        hash(calibrated)


def test_the_table_shows_both_and_says_what_is_chance() -> None:
    calibrated = KEPT.calibrated()
    lines = repr(calibrated).splitlines()
    assert lines[0] == "Calibrated measures: 3 layers, 19 distinct nulls, level 0.05"
    assert lines[2].split()[:3] == ["layer", "area", "one_to_one_area"]
    area = calibrated["conv"]["area"]
    assert lines[3].split()[:3] == ["conv", f"{area.score:.2f}", f"({area.value:.2f})"]
    assert lines[5].split()[:2] == ["head", "0.00"]
    assert any(line.startswith("no more than chance: area") for line in lines)
    assert lines[-1].endswith(" in head")
    assert max(map(len, lines)) <= 100


def test_what_is_saturated_or_not_known_is_told_apart_from_chance() -> None:
    calibrated = CalibratedComparison(
        {
            "one": calibration([1.0, 0.55], [1.0, 0.2]),
            "two": calibration([0.1, np.nan], [0.3, 0.2]),
            "three": calibration([0.9, 0.9], [0.3, 0.2]),
        }
    )
    shown = repr(calibrated)
    rows = [line.split() for line in shown.splitlines()[3:6]]
    assert rows[0] == ["one", "τ", "=", "1", "(1.00)", "0.44", "(0.55)"]
    assert rows[1] == ["two", "0.00", "(0.10)", "–", "(–)"]
    assert "\nno more than chance: area in two\n" in shown
    assert "\nsaturated, since chance reaches the largest value (τ = 1;" in shown
    assert "a ridge): area in one" in " ".join(shown.split())
    assert shown.endswith("without a value, of the data or of a null: linear_cka in two")
    above = repr(CalibratedComparison({"three": calibrated["three"]}))
    assert above.endswith("\nmore than chance: every measure of every layer")
    assert "1.0" not in json.dumps(calibrated.score("area").tolist())


def test_layers_may_have_other_measures() -> None:
    calibrated = CalibratedComparison(
        {"one": calibration([0.55], [0.2], ["area"]), "two": calibration([0.55], [0.2], ["s(0.1)"])}
    )
    assert calibrated.measures == ("area", "s(0.1)")
    assert np.isnan(calibrated.score("area")).tolist() == [False, True]
    assert [line.split() for line in repr(calibrated).splitlines()[3:5]] == [
        ["one", "0.44", "(0.55)", "–", "(–)"],
        ["two", "–", "(–)", "0.44", "(0.55)"],
    ]


def test_figures_as_rows_and_as_plain_data() -> None:
    calibrated = KEPT.calibrated()
    frame = calibrated.to_dataframe()
    assert list(frame) == ["layer", "measure", "value", "threshold", "score", "p"]
    assert len(frame) == len(SHARED) * len(calibrated.measures)
    plain = json.loads(format_json(calibrated.to_dict()))
    assert plain["level"] == 0.05
    assert plain["measures"] == frame.to_dict("records")
    cells = frame.set_index(["layer", "measure"])
    assert cells.loc[("fc", "area"), "score"] == calibrated["fc"]["area"].score


def test_all_pairs_are_a_matrix_and_a_row_for_each_layer_of_a() -> None:
    scores = [0.4, 0.9, 0.1, 0.3, 0.2, 0.6]
    calibrated = CalibratedComparison(
        {
            key: calibration([score, 0.5], [0.2, 0.2])
            for key, score in zip(KEYS, scores, strict=True)
        }
    )
    assert calibrated.value("area").tolist() == [scores[:3], scores[3:]]
    assert [line.split()[:2] for line in repr(calibrated).splitlines()[3:5]] == [
        ["a.1", "b.2"],
        ["a.2", "b.3"],
    ]
    assert "no more than chance: area in 2 of 6 pairs of layers" in repr(calibrated)
    assert list(calibrated.to_dataframe())[:2] == ["layer_a", "layer_b"]


def test_of_all_pairs_those_of_the_largest_score_are_shown_and_not_of_the_largest_value() -> None:
    wide, narrow = calibration([0.9], [0.85], ["area"]), calibration([0.7], [0.1], ["area"])
    keys: list[Key] = [("a", "wide"), ("a", "narrow")]
    calibrated = CalibratedComparison(dict(zip(keys, (wide, narrow), strict=True)))
    assert wide["area"].value > narrow["area"].value
    assert wide["area"].score < narrow["area"].score
    shown = repr(calibrated)
    assert shown.splitlines()[3].split() == ["a", "narrow", "0.67", "(0.70)"]
    assert "the layer of B of the largest calibrated area; `best` gives p" in " ".join(
        shown.split()
    )


@pytest.mark.parametrize("count", [1, 3, 70])
def test_the_notebook_has_all_of_it_and_nothing_that_is_not_safe(count: int) -> None:
    names = [f"<b>{at}</b>" for at in range(count)]
    html = CalibratedComparison(
        {name: calibration([0.6, 0.1], [0.2, 0.2]) for name in names}
    )._repr_html_()
    assert "<b>0" not in html.replace("<b>Calibrated", "")
    # A head, and of 70 layers the first and the last 20 with a gap between.
    assert html.count("<tr>") == 1 + (count if count < 70 else 41)
    assert "linear_cka" in html
    assert "0.50" in html


def test_calibrations_are_kept_in_folders(tmp_path: Path) -> None:
    compared = Comparison(SPECTRA, PAIRS, nulls=NULLS, calibrations=CALIBRATIONS)
    compared.save(tmp_path)
    again = Comparison.load(tmp_path)
    assert again == compared
    assert dict(again.calibrations) == CALIBRATIONS
    assert again.solved("fc") == ANSWERS["fc"].__class__(
        SPECTRA["fc"], NULLS["fc"], calibration=CALIBRATIONS["fc"]
    )
    assert again.without_pairs().calibrated() == KEPT.calibrated()
    assert pickle.loads(pickle.dumps(again)) == compared
    assert again != Comparison(SPECTRA, PAIRS, nulls=NULLS)
    assert again.to_dict()["layers"][1]["spectrum"]["calibration"] == CALIBRATIONS["fc"].to_dict()
    # One without them takes them away.
    Comparison(SPECTRA, PAIRS, nulls=NULLS).save(tmp_path)
    assert dict(Comparison.load(tmp_path).calibrations) == {}
    assert list((tmp_path / "calibrations").iterdir()) == []
    with pytest.raises(ValueError, match="there is a calibration of 'other', which is no layer"):
        Comparison(SPECTRA, None, calibrations={"other": CALIBRATIONS["fc"]})


def test_an_answer_is_kept_with_its_calibration(tmp_path: Path) -> None:
    answer = ANSWERS["fc"]
    sm.save(answer, tmp_path / "answer.safetensors")
    assert sm.load(tmp_path / "answer.safetensors") == answer

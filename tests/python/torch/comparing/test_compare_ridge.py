"""compare with a ridge: every layer of one λ, or of its own; what holds on folds left out."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")


def networks() -> tuple[nn.Module, nn.Module]:
    from torch import nn

    made = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        made.append(nn.Sequential(nn.Linear(12, 24), nn.ReLU(), nn.Linear(24, 20)))
    return made[0], made[1]


@pytest.fixture(scope="module")
def batches() -> list[Tensor]:
    generator = torch.Generator().manual_seed(2)
    return list(torch.randn(96, 12, generator=generator).split(32))


def compare(data: list[Tensor], **given: object) -> sm.Comparison:
    from spanmatch.torch import compare

    return compare(*networks(), data, progress=False, **given)  # type: ignore[arg-type]


def test_every_answer_is_of_the_one_ridge(batches: list[Tensor], tmp_path: Path) -> None:
    comparison = compare(batches, ridge=0.3, folds=4, nulls=3)
    for layer in comparison:
        pair, answer = comparison.pair(layer), comparison.solved(layer)
        wanted = sm.spectrum(pair, ridge=0.3)
        assert answer.spectrum == wanted
        assert answer.spectrum.ridge == 0.3
        assert answer.one_to_one == sm.one_to_one(pair, ridge=0.3)
        assert answer.nulls == sm.null_spectra(pair, ridge=0.3)
        assert answer.interval == sm.interval(pair, ridge=0.3)
        # At the chance level that is computed from counts: at 0.5 no neuron matches.
        level = float(np.median(np.concatenate(wanted.chance)))
        assert len(wanted.match(level)) > 0
        assert answer.held_out == sm.held_out(pair, match=wanted.match(level))
    assert ", ridge 0.3" in repr(comparison)
    assert set(comparison.to_dataframe()["ridge"]) == {0.3}
    comparison.save(tmp_path)
    loaded = sm.load(tmp_path)
    assert loaded == comparison
    assert {each.ridge for each in loaded.values()} == {0.3}  # type: ignore[union-attr]


def test_auto_chooses_for_every_layer(batches: list[Tensor]) -> None:
    comparison = compare(batches, ridge="auto", folds=4)
    for layer, spectrum in comparison.items():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert spectrum == sm.spectrum(comparison.pair(layer), ridge="auto")
        at_edge = [each.message for each in caught if each.category is sm.RidgeWarning]
        assert [str(each) for each in at_edge] == [
            note for key, note in comparison.notes.items() if key == layer
        ]
    said = str(comparison)
    assert "the smallest residual to expect" in said
    assert "true chance level" not in said
    ridges = {spectrum.ridge for spectrum in comparison.values()}
    column = comparison.to_dataframe()["ridge"]
    assert set(column) == ridges
    head = str(comparison).splitlines()[2].split()
    assert ("ridge" in head) == (len(ridges) > 1)


def test_what_holds_on_folds_left_out_is_a_column(batches: list[Tensor]) -> None:
    comparison = compare(batches, folds=4)
    values = [np.concatenate([each.x, each.y]) for each in comparison.held_out.values()]
    medians = [np.median(each) if each.size else np.nan for each in values]
    assert np.isfinite(medians).any()
    np.testing.assert_array_equal(comparison.to_dataframe()["held_out"], medians)
    lines = str(comparison).splitlines()
    assert "held out" in lines[2]
    for line, median in zip(lines[3:], medians, strict=False):
        assert np.isnan(median) or f" {median:.2f} " in line
    assert "by cross-validation over folds" in str(comparison)
    assert "held out" in comparison._repr_html_()
    without = compare(batches)
    assert not without.held_out
    assert "held out" not in str(without)
    assert "held_out" not in without.to_dataframe()
    assert "ridge" not in without.to_dataframe()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ridge": "auto"}, "give `folds`"),
        ({"ridge": "auto", "folds": 4, "nulls": 3}, "nulls have none"),
        ({"ridge": "auto", "all_pairs": True, "layers": "*"}, "`all_pairs` does not keep"),
        ({"ridge": 0.0}, "at least δ²"),
        ({"ridge": "some"}, "'some'"),
    ],
)
def test_a_bad_ridge_is_refused_before_a_model_runs(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compare([], **given)

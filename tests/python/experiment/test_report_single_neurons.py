"""The claim on single neurons and the bands, on findings with a planted answer and in a report."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("jinja2")
pytest.importorskip("matplotlib")

from band_edges import edges
from single_neurons import make_pair, mixed, orthonormal, rotated, tripled
from spanmatch import Comparison, LayerAnswer, Measures, NullSpectra
from spanmatch.experiment.config import ExperimentConfig
from spanmatch.experiment.plan import list_comparisons
from spanmatch.experiment.records import LayerDetails, Network
from spanmatch.experiment.report import write_report
from spanmatch.experiment.report.curves import draw_mean_curves
from spanmatch.experiment.report.drawing import EPS
from spanmatch.experiment.report.findings import Compared, Findings
from spanmatch.experiment.report.single_neurons import QUESTION, ask_about_single_neurons
from spanmatch.solve.layer_answer import answer_layer

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.experiment.report.claim import Claim

BASIS = orthonormal(8)
# At ε = 0.3 (s1, near, s) is (0.5, 1, 1), (0, 0, 1), (0.25, 0.5, 1), (1, 1, 1) and (0, 0, 0).
TRIPLED, ROTATED, MIXED, SAME, APART = (
    answer_layer(pair, center=False)
    for pair in (
        *(tripled(), rotated(), mixed()),
        make_pair(BASIS[:, :4], BASIS[:, :4]),
        make_pair(BASIS[:, :4], BASIS[:, 4:]),
    )
)


def findings(layers: dict[str, list[LayerAnswer]], eps: tuple[float, ...] = (0.1, 0.3)) -> Findings:
    """Plant the answers of each layer, by pair of trained networks: of one, or of three."""
    seeds = (0, 1, 2)[: 2 if len(next(iter(layers.values()))) == 1 else 3]
    config = ExperimentConfig(data="planted", arch="small-vgg", seeds=seeds, eps=eps)
    trained = [each for each in list_comparisons(config) if each.kind == "trained"]
    inside = dict.fromkeys(
        layers, LayerDetails(Measures(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5), ())
    )
    compared = []
    for at, planned in enumerate(trained):
        found = {layer: answers[at] for layer, answers in layers.items()}
        comparison = Comparison(
            {layer: each.spectrum for layer, each in found.items()},
            None,
            nulls={layer: each.nulls for layer, each in found.items() if each.nulls},
            one_to_one={layer: each.one_to_one for layer, each in found.items() if each.one_to_one},
        )
        compared.append(Compared(planned, comparison, inside))
    networks = tuple(Network(f"seed {seed}", 1, (), None, None) for seed in seeds)
    return Findings(config, {"spanmatch": "0"}, networks, tuple(compared))


def ask(layers: dict[str, list[LayerAnswer]], eps: tuple[float, ...] = (0.1, 0.3)) -> Claim:
    (claim,) = ask_about_single_neurons(findings(layers, eps))
    assert claim.question == QUESTION
    return claim


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        ([SAME] * 3, "yes"),
        ([ROTATED] * 3, "no"),
        ([TRIPLED] * 3, "in part"),
        ([MIXED] * 3, "in part"),
        ([SAME, SAME, ROTATED], "in part"),
        ([ROTATED, ROTATED, TRIPLED], "in part"),
        ([SAME, SAME, APART], "unclear"),
    ],
)
def test_what_is_shared_is_shared_neuron_by_neuron(
    answers: list[LayerAnswer], verdict: str
) -> None:
    assert ask({"fc": answers}).verdict == verdict


def test_the_answer_has_the_numbers() -> None:
    said = ask({"fc1": [MIXED, MIXED, TRIPLED], "fc2": [ROTATED] * 3}).answer
    assert "At ε = 0.3, the largest chosen one that is below chance in all layers, 100%" in said
    # By pair: near is (0.5 + 0) / 2 or (1 + 0) / 2, s1 (0.25 + 0) / 2 or (0.5 + 0) / 2.
    assert "match as a span (s), 25% to 50% have a single partner within ε (near)" in said
    assert "12% to 25% stand in disjoint pairs (s1)" in said
    assert "12% to 25% is shared one by one, 12% to 25% one by one but repeated" in said
    assert "and 50% to 75% only in another basis" in said
    assert "most at fc1 (33%) and least at fc2 (0%)" in said
    assert "a cosine of at least 0.95" in said
    assert "was not measured" in said
    assert "one pair only" not in said
    alone = ask({"fc": [SAME]}).answer
    assert "one pair only" in alone
    assert "most at" not in alone


def test_nulls_bound_what_is_by_chance() -> None:
    nulls = NullSpectra.of([ROTATED.spectrum, APART.spectrum], range(2))
    of_chance = [replace(SAME, nulls=nulls)] * 3
    said = ask({"fc": of_chance}, (0.1,)).answer
    assert "By chance: the largest nulls match 100% as a span" in said


def test_only_layers_whose_chance_is_above_are_asked() -> None:
    low = np.full(4, 0.2)
    near_chance = replace(ROTATED, spectrum=replace(ROTATED.spectrum, chance=(low, low)))
    layers = {"conv": [near_chance] * 3, "fc1": [SAME] * 3, "fc2": [SAME] * 3}
    claim = ask(layers)
    assert claim.verdict == "in part"
    assert "At ε = 0.1, the largest chosen one that is below chance in all layers" in claim.answer
    claim = ask(layers, (0.3, 0.4))
    assert claim.verdict == "yes"
    assert "At ε = 0.4, the largest chosen one that is below chance in fc1, fc2," in claim.answer
    claim = ask({"conv": [near_chance] * 3}, (0.3,))
    assert (claim.verdict, "give smaller ones" in claim.answer) == ("unclear", True)


def test_where_it_is_not_known_the_way_to_get_it_is_told() -> None:
    old = LayerAnswer(SAME.spectrum)
    for answers in ([old] * 3, [SAME, SAME, old]):
        claim = ask({"fc1": [SAME] * 3, "fc2": answers})
        assert (claim.verdict, "--force" in claim.answer) == ("unclear", True)


def test_bands_are_means_over_pairs() -> None:
    drawing = draw_mean_curves(findings({"fc1": [MIXED, MIXED, TRIPLED], "fc2": [ROTATED] * 3}))
    panels = {panel.get_title().partition(":")[0]: panel for panel in drawing.figure.axes[:2]}
    low, high = edges(panels["fc1"])
    np.testing.assert_allclose(low[:, 10], [0, (0.25 + 0.25 + 0.5) / 3, (0.5 + 0.5 + 1) / 3])
    np.testing.assert_allclose(high[:-1], low[1:])
    np.testing.assert_allclose(high[-1], np.ones(EPS.size))
    assert edges(panels["fc2"])[0][:, 10].tolist() == [0, 0, 0]
    assert "only in another basis" in drawing.caption
    assert len(drawing.figure.legends) == 1
    assert {row["what"] for row in drawing.rows} == {"s1", "near", "s"}


def test_without_pairs_of_neurons_there_are_curves_alone() -> None:
    drawing = draw_mean_curves(findings({"fc": [LayerAnswer(SAME.spectrum)] * 3}))
    assert drawing.figure.legends == []
    assert "basis" not in drawing.caption
    assert {row["what"] for row in drawing.rows} == {"s"}


def test_the_report_answers_it(small_experiment: Path) -> None:
    text = (small_experiment / "report.html").read_text(encoding="utf-8")
    assert re.search(rf"<b>{re.escape(QUESTION)} (Yes|No|In part|Unclear)\.</b>At ε = 0\.", text)
    assert "<dt>One by one, s1(ε), near(ε)</dt>" in text


def test_an_old_folder_is_reported_without_it(small_experiment: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    shutil.copytree(small_experiment, old)
    for index in old.glob("comparisons/*/comparison.json"):
        shutil.rmtree(index.parent / "one_to_one")
        content = json.loads(index.read_text(encoding="utf-8"))
        for entry in content["layers"]:
            del entry["one_to_one"]
        index.write_text(json.dumps(content), encoding="utf-8")
    text = write_report(old).read_text(encoding="utf-8")
    assert f"<b>{QUESTION} Unclear.</b>That is not known" in text
    assert "<dt>One by one" not in text
    assert "only in another basis" not in text

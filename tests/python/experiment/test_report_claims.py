"""The claims of a report, on findings with a planted answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("jinja2")

from spanmatch import Comparison, MatchSpectrum, Measures, NullSpectra
from spanmatch.experiment.config import ExperimentConfig
from spanmatch.experiment.plan import list_comparisons
from spanmatch.experiment.records import LayerDetails, Network, Sizes
from spanmatch.experiment.report import claims
from spanmatch.experiment.report.findings import Compared, Findings

if TYPE_CHECKING:
    from spanmatch.comparison.keys import Key

CHANCE = 0.9
INPUTS = 1000


def spectrum(critical: float, samples: int) -> MatchSpectrum:
    values, chance = np.full(4, critical), np.full(4, CHANCE)
    return MatchSpectrum(values, values, (chance, chance), samples, 1e-6, 0)


def findings(
    trained: dict[str, list[float]],
    *,
    untrained: float = 0.8,
    simple: tuple[int, ...] = (8,),
    seeds: tuple[int, ...] = (0, 1, 2),
    nulls: int = 0,
) -> Findings:
    """Plant the critical ε of all neurons of each layer, by trained pair; maps are called conv.

    Nulls have 0.9, and the last of them 0.8.
    """
    config = ExperimentConfig(data="planted", arch="small-vgg", seeds=seeds, eps=(0.5,))
    compared, pair = [], 0
    for planned in list_comparisons(config):
        at = {
            layer: values[pair] if planned.kind == "trained" else untrained
            for layer, values in trained.items()
        }
        pair += planned.kind == "trained"
        spectra: dict[Key, MatchSpectrum] = {
            layer: spectrum(critical, INPUTS * (9 if layer.startswith("conv") else 1))
            for layer, critical in at.items()
        }
        asked = spectra if nulls > 0 and planned.kind == "trained" else {}
        levels = [CHANCE] * (nulls - 1) + [0.8]
        of_chance: dict[Key, NullSpectra] = {
            layer: NullSpectra.of([spectrum(level, INPUTS) for level in levels], range(nulls))
            for layer in asked
        }
        inside = LayerDetails(
            Measures(0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5), (Sizes(0.5, simple, (1,) * 40),)
        )
        compared.append(
            Compared(
                planned,
                Comparison(spectra, {}, inputs=INPUTS, nulls=of_chance),
                dict.fromkeys(trained, inside),
            )
        )
    networks = tuple(Network(f"seed {seed}", 1, (), None, None) for seed in seeds)
    return Findings(config, {"spanmatch": "0"}, networks, tuple(compared))


@pytest.mark.parametrize(
    ("conv", "verdict"),
    [([0.5, 0.5, 0.5], "no"), ([0.1, 0.1, 0.1], "yes"), ([0.1, 0.5, 0.5], "unclear")],
)
def test_convolutional_layers_match_where_the_classifier_does(
    conv: list[float], verdict: str
) -> None:
    planted = findings({"conv1": conv, "fc1": [0.3, 0.3, 0.3]})
    (claim,) = claims.ask_about_convolutions(planted)
    assert claim.verdict == verdict
    assert "At ε = 0.30" in claim.answer


def test_without_maps_nothing_is_said_of_them() -> None:
    assert claims.ask_about_convolutions(findings({"fc1": [0.3, 0.3, 0.3]})) == []


@pytest.mark.parametrize(
    ("simple", "verdict"), [((40,), "no"), ((8,) * 5, "no"), ((2,) * 20, "yes"), ((), "unclear")]
)
def test_simple_matches_are_local(simple: tuple[int, ...], verdict: str) -> None:
    (claim,) = claims.ask_about_locality(findings({"fc1": [0.3, 0.3, 0.3]}, simple=simple))
    assert claim.verdict == verdict


@pytest.mark.parametrize(
    ("last", "verdict", "said"),
    [
        ([0.1, 0.1, 0.1], "yes", "it rises"),
        ([0.7, 0.7, 0.7], "yes", "it falls"),
        ([0.1, 0.7, 0.7], "unclear", "no trend"),
    ],
)
def test_similarity_changes_with_depth(last: list[float], verdict: str, said: str) -> None:
    middle = [(0.4 + value) / 2 for value in last]
    planted = findings({"conv1": [0.4, 0.4, 0.4], "conv2": middle, "fc1": last})
    (claim,) = claims.ask_about_depth(planted)
    assert (claim.verdict, said in claim.answer) == (verdict, True)


@pytest.mark.parametrize(("untrained", "verdict"), [(0.8, "yes"), (0.05, "no"), (0.3, "unclear")])
def test_training_makes_networks_alike(untrained: float, verdict: str) -> None:
    (claim,) = claims.ask_about_training(findings({"fc1": [0.2, 0.3, 0.4]}, untrained=untrained))
    assert claim.verdict == verdict


@pytest.mark.parametrize(
    ("critical", "verdict"),
    [([0.3] * 3, "yes"), ([0.95] * 3, "unclear"), ([0.3, 0.95, 0.3], "unclear")],
)
def test_layers_match_more_than_chance(critical: list[float], verdict: str) -> None:
    (claim,) = claims.ask_about_chance(findings({"fc1": critical}))
    assert claim.verdict == verdict


@pytest.mark.parametrize(
    ("critical", "nulls", "verdict", "said"),
    [
        ([0.3] * 3, 19, "yes", "In 1 of 1 layers the area's p-value is at most 0.05"),
        ([0.85] * 3, 39, "yes", "In 1 of 1 layers"),
        ([0.85] * 3, 19, "unclear", "Not in the others: fc1 p = 0.10."),
        ([0.3, 0.95, 0.3], 19, "unclear", "Not in the others: fc1 p = 0.05 to 1."),
        ([0.3] * 3, 8, "unclear", "Nulls are too few: no p can be below 0.11."),
    ],
)
def test_nulls_tell_what_is_more_than_chance(
    critical: list[float], nulls: int, verdict: str, said: str
) -> None:
    (claim,) = claims.ask_about_chance(findings({"fc1": critical}, nulls=nulls))
    assert claim.verdict == verdict
    assert said in claim.answer


def test_one_pair_has_no_spread() -> None:
    planted = findings({"conv1": [0.5], "fc1": [0.3]}, seeds=(0, 1))
    assert "one pair only" in claims.ask_about_convolutions(planted)[0].answer

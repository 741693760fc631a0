"""What `save` has written, a new interpreter reads that has imported nothing but spanmatch."""

from __future__ import annotations

import importlib
import math
import pickle
import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
import spanmatch.results
from comparisons import same_pair
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.storage import READERS
from spanmatch.results.result import Result

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(0)
X = RNG.standard_normal((200, 6))
Y = np.hstack([X[:, :3] @ RNG.standard_normal((3, 3)), RNG.standard_normal((200, 2))])
X[:, 5] = 0.0

LOAD = """
import pickle, sys
import spanmatch
pickle.dump(spanmatch.load(sys.argv[1]), sys.stdout.buffer)
"""


def make_pair() -> sm.ActivationPair:
    pair = sm.ActivationPair(x_names=list("abcdef"), nulls=3, folds=4, seed=1)
    pair.update(X, Y)
    return pair


PAIR = make_pair()
SPECTRUM, NULLS, INTERVAL = sm.spectrum(PAIR), sm.null_spectra(PAIR), sm.interval(PAIR)
ONE_TO_ONE = sm.one_to_one(PAIR)
MATCH = sm.maximum_match(PAIR, eps=0.5)
EXAMPLES: dict[str, Result] = {
    "Calibration": sm.Calibration(
        ("area", "linear_cka"),
        np.array([0.5, math.nan]),
        np.arange(38.0).reshape(2, 19) / 38,
        np.arange(19, dtype=np.uint64),
    ),
    "Interval": INTERVAL,
    "LayerAnswer": sm.LayerAnswer(SPECTRUM, NULLS, INTERVAL, ONE_TO_ONE),
    "LinearMap": sm.linear_map(PAIR, match=MATCH),
    "Match": MATCH,
    "MatchSpectrum": SPECTRUM,
    "Measures": sm.measures(PAIR),
    "NullSpectra": NULLS,
    "OneToOne": ONE_TO_ONE,
    "Residuals": sm.residuals(PAIR),
    "Support": sm.support(PAIR, eps=0.5),
}


def kinds_of_result() -> list[str]:
    """The names of all subclasses of Result that the package has."""
    for module in pkgutil.iter_modules(spanmatch.results.__path__, "spanmatch.results."):
        importlib.import_module(module.name)
    found, left = set(), [Result]
    while left:
        kinds = left.pop().__subclasses__()
        found |= {kind.__name__ for kind in kinds if kind.__module__.startswith("spanmatch.")}
        left += kinds
    return sorted(found)


def load_in_new_process(path: Path) -> Any:
    command = [sys.executable, "-c", LOAD, str(path)]
    return pickle.loads(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.parametrize("kind", kinds_of_result())
def test_every_kind_of_result_loads_in_a_new_process(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "result.safetensors"
    sm.save(EXAMPLES[kind], path)
    loaded = load_in_new_process(path)
    assert type(loaded).__name__ == kind
    assert loaded == EXAMPLES[kind]


def test_every_kind_of_result_has_a_reader() -> None:
    others = {"ActivationPair", "ActivationSet", "list of Match"}
    assert {*others, *kinds_of_result()} == set(READERS)


@pytest.mark.parametrize(("nulls", "interval"), [(NULLS, None), (None, INTERVAL), (None, None)])
def test_an_answer_keeps_what_there_is(nulls: Any, interval: Any, tmp_path: Path) -> None:
    answer = sm.LayerAnswer(SPECTRUM, nulls, interval)
    answer.save(tmp_path / "answer.safetensors")
    assert sm.load(tmp_path / "answer.safetensors") == answer


def test_a_list_of_matches_loads_in_a_new_process(tmp_path: Path) -> None:
    matches = [MATCH, *sm.simple_matches(PAIR, eps=0.5), SPECTRUM.match(0.9)]
    sm.save(matches, tmp_path / "matches.safetensors")
    assert load_in_new_process(tmp_path / "matches.safetensors") == matches


def test_a_pair_loads_in_a_new_process(tmp_path: Path) -> None:
    sm.save(PAIR, tmp_path / "pair.safetensors")
    loaded = load_in_new_process(tmp_path / "pair.safetensors")
    assert same_pair(loaded, PAIR)
    assert loaded.x_names == PAIR.x_names
    assert sm.null_spectra(loaded) == NULLS


def test_a_comparison_loads_in_a_new_process(tmp_path: Path) -> None:
    comparison = Comparison(
        {"conv": SPECTRUM, "fc": SPECTRUM},
        {"conv": PAIR, "fc": PAIR},
        nulls={"conv": NULLS},
        intervals={"fc": INTERVAL},
        one_to_one={"conv": ONE_TO_ONE},
        notes={"fc": "a note"},
        inputs=200,
    )
    sm.save(comparison, tmp_path / "folder")
    loaded = load_in_new_process(tmp_path / "folder")
    assert loaded == comparison
    assert same_pair(loaded.pair("conv"), PAIR)

"""The package as a whole: what importing it costs, and what its results promise."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from each_result import RESULTS, each_result

if TYPE_CHECKING:
    from collections.abc import Callable


def imported(code: str) -> set[str]:
    """The modules that are there once a new interpreter has run the code."""
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_takes_little_beside_numpy() -> None:
    """It is quick as long as it reads few modules; how quick, benches/README.md says."""
    beside = imported("import numpy, numpy.ma, dataclasses, spanmatch") - imported(
        "import numpy, numpy.ma, dataclasses"
    )
    assert {"spanmatch", "spanmatch._core"} <= beside
    others = {name.partition(".")[0] for name in beside}
    assert others.isdisjoint({"torch", "matplotlib", "rich", "typer", "scipy", "sklearn", "pandas"})
    rooms = {name.split(".")[1] for name in beside if name.startswith("spanmatch.")}
    assert rooms.isdisjoint({"plot", "comparison", "torch", "experiment", "cli"})
    assert len(beside) < 70


def test_all_names_exist_and_are_documented() -> None:
    for name in sm.__all__:
        assert getattr(sm, name) is not None
        assert name.startswith("__") or getattr(sm, name).__doc__


def test_every_name_but_the_version_is_in_the_table_of_modules() -> None:
    assert {"__version__", *sm._MODULES} == set(sm.__all__)


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert version("spanmatch") == sm.__version__


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("pyproject.toml", 'version = "{}"'),
        ("Cargo.toml", 'version = "{}"'),
        ("CITATION.cff", "version: {}"),
    ],
)
def test_every_file_names_this_version(file: str, line: str) -> None:
    lines = (Path(__file__).parents[2] / file).read_text("utf-8").splitlines()
    assert line.format(sm.__version__) in lines


@each_result
def test_results_survive_pickle_and_copy(result: Any) -> None:
    for twin in [
        pickle.loads(pickle.dumps(result)),
        copy.copy(result),
        copy.deepcopy(result),
    ]:
        assert twin == result
        assert not twin.x.flags.writeable
        assert not twin.y.flags.writeable


@each_result
def test_results_are_immutable(result: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        result.x = result.y
    with pytest.raises(ValueError, match="read-only"):
        result.x[0] = 0


@each_result
def test_to_dict_holds_plain_data_and_leads_back(result: Any) -> None:
    data = json.loads(json.dumps(result.to_dict()))
    assert type(result)(**data) == result


@each_result
def test_results_differ_from_other_results(result: Any) -> None:
    changed = result.to_dict()
    # Of each what may be another number without others.
    if "eps" in changed:
        changed["eps"] = 0.25
    elif "changes" in changed:
        changed["ridge"] = 0.25
    elif "n_samples" in changed:
        changed["n_samples"] += 1
    else:
        changed["x"] = changed["x"][::-1]
    assert type(result)(**changed) != result
    assert result != "a result"


@each_result
def test_results_have_no_hash(result: Any) -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(result)


def test_reprs_hold_the_figures() -> None:
    spectrum, match, residuals, support, linear_map, one_to_one = RESULTS
    assert repr(spectrum) == (
        f"MatchSpectrum(6 + 4 neurons, 1 + 0 dead, 200 samples, area={spectrum.area:.4f})"
    )
    assert repr(match) == f"Match(eps=0.8, x: 4 of 6, y: 2 of 4, similarity={6 / 10:.4f})"
    assert repr(residuals).startswith("Residuals(x: 6 neurons, ")
    groups = len(support.groups)
    assert repr(support) == f"Support(eps=0.8, x: 4 of 6, y: 2 of 4, {groups} groups)"
    worst = max(*linear_map.x_residuals, *linear_map.y_residuals)
    assert repr(linear_map) == f"LinearMap(4 x by 2 y and conversely, residuals up to {worst:.4g})"
    area = one_to_one.area
    assert repr(one_to_one) == f"OneToOne(6 + 4 neurons, 4 pairs at most, area={area:.4f})"
    assert repr(sm.ActivationPair()) == "ActivationPair(0 + 0 neurons, 0 samples)"


def test_a_match_counts_its_neurons() -> None:
    match = RESULTS[1]
    assert len(match) == match.x.size + match.y.size == 6
    assert match.x.dtype == match.y.dtype == np.int64


def test_all_arrays_of_results_are_read_only() -> None:
    for result in RESULTS:
        for field in fields(result):
            array = getattr(result, field.name)
            assert not isinstance(array, np.ndarray) or not array.flags.writeable


def test_support_gives_fresh_lists_of_plain_values() -> None:
    support = RESULTS[3]
    neurons = support.neurons
    assert neurons == [("x", 0), ("x", 1), ("x", 3), ("x", 4), ("y", 0), ("y", 1)]
    makes: list[Callable[[], list[Any]]] = [
        lambda: support.neurons,
        lambda: support.groups,
        lambda: support.core(("x", 0)),
    ]
    for make in makes:
        made = make()
        made.clear()
        assert make()
    for v, neuron in enumerate(neurons):
        core = [u for place, u in enumerate(neurons) if support.matrix[place, v]]
        assert support.core(neuron) == core
    assert support.core((np.str_("x"), np.int64(3))) == support.core(("x", 3))
    assert {type(index) for _, index in neurons} == {int}
    assert json.dumps(support.groups)


def test_groups_are_the_mutual_support_largest_first() -> None:
    matrix = np.eye(5, dtype=bool)
    matrix[0, :] = True  # x0 supports all
    matrix[1, 3] = matrix[3, 1] = True
    support = sm.Support(0.1, np.array([0, 2]), np.array([0, 1, 4]), matrix, n_x=3, n_y=5)
    assert support.groups == [
        [("x", 2), ("y", 1)],
        [("x", 0)],
        [("y", 0)],
        [("y", 4)],
    ]
    assert support.core(("y", 4)) == [("x", 0), ("y", 4)]
    assert support.core(("x", 1)) == []


def test_empty_results_keep_their_shape() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 200, 3))
    support = sm.support(x, y, eps=0.1)
    linear_map = sm.linear_map(x, y, match=sm.maximum_match(x, y, eps=0.1))
    assert (support.neurons, support.groups, support.core(("x", 0))) == ([], [], [])
    assert repr(linear_map) == "LinearMap(0 x by 0 y and conversely, residuals up to 0)"
    one_side = sm.Match(0.1, np.array([0, 2]), np.array([], int), n_x=3, n_y=3)
    one_sided = sm.linear_map(x, y, match=one_side)
    for result in [support, linear_map, one_sided]:
        assert type(result)(**json.loads(json.dumps(result.to_dict()))) == result
        assert pickle.loads(pickle.dumps(result)) == result
    assert one_sided.x.shape == (0, 2)
    assert one_sided.y.shape == (2, 0)
    assert one_sided.x_residuals.tolist() == [1.0, 1.0]


def test_a_copied_pair_goes_its_own_way() -> None:
    pair = sm.ActivationPair()
    pair.update(np.eye(4)[:, :2], np.eye(4)[:, 2:])
    for twin in [copy.copy(pair), copy.deepcopy(pair)]:
        twin.update(np.ones((3, 2)), np.ones((3, 2)))
        assert (pair.n_samples, twin.n_samples) == (4, 7)
    total = pair + pair
    assert (pair.n_samples, total.n_samples) == (4, 8)
    with pytest.raises(TypeError):
        pair + 1  # type: ignore[operator]


def test_progress_shows_a_bar_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 100, 5))
    assert sm.spectrum(x, y, progress=True) == sm.spectrum(x, y)
    each = partial(sm.simple_matches, method="each")
    assert sm.one_to_one(x, y, progress=True) == sm.one_to_one(x, y)
    solves: list[Callable[..., Any]] = [sm.support, sm.simple_matches, each]
    for solve in solves:
        assert solve(x, x @ y[:5], eps=0.1, progress=True) == solve(x, x @ y[:5], eps=0.1)
    assert capsys.readouterr().out == ""

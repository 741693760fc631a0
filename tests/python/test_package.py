"""The package as a whole: what importing it costs, and what its results promise."""

import copy
import json
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import spanmatch as sm


def results():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 6))
    x[:, 2] = 0.0
    y = np.hstack([x[:, :2] + x[:, 3:5], rng.standard_normal((200, 2))])
    return [
        sm.spectrum(x, y),
        sm.maximum_match(x, y, eps=0.8),
        sm.residuals(x, y),
    ]


RESULTS = results()
KINDS = [type(result).__name__ for result in RESULTS]
each_result = pytest.mark.parametrize("result", RESULTS, ids=KINDS)


def run_python(code):
    command = [sys.executable, "-X", "importtime", "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True)


def test_importing_needs_numpy_and_safetensors_alone():
    code = "import sys, spanmatch; print(*sys.modules)"
    modules = {name.partition(".")[0] for name in run_python(code).stdout.split()}
    assert modules.isdisjoint({"torch", "matplotlib", "rich", "typer", "scipy", "sklearn"})


def test_importing_is_quick_over_numpy():
    def cumulative_ms():
        log = run_python("import numpy, numpy.ma, dataclasses, spanmatch").stderr
        line = next(line for line in log.splitlines() if line.endswith("| spanmatch"))
        return int(line.split("|")[1]) / 1000

    assert min(cumulative_ms() for _ in range(3)) <= 30


def test_all_names_exist_and_are_documented():
    for name in sm.__all__:
        assert getattr(sm, name) is not None
        assert name.startswith("__") or getattr(sm, name).__doc__


def test_the_version_is_that_of_the_package():
    from importlib.metadata import version

    assert version("spanmatch") == sm.__version__


@each_result
def test_results_survive_pickle_and_copy(result):
    for twin in [
        pickle.loads(pickle.dumps(result)),
        copy.copy(result),
        copy.deepcopy(result),
    ]:
        assert twin == result
        assert not twin.x.flags.writeable
        assert not twin.y.flags.writeable


@each_result
def test_results_are_immutable(result):
    with pytest.raises(FrozenInstanceError):
        result.x = result.y
    with pytest.raises(ValueError, match="read-only"):
        result.x[0] = 0


@each_result
def test_to_dict_holds_plain_data_and_leads_back(result):
    data = json.loads(json.dumps(result.to_dict()))
    assert type(result)(**data) == result


@each_result
def test_results_differ_from_other_results(result):
    changed = result.to_dict()
    changed["x"] = changed["x"][::-1]
    assert type(result)(**changed) != result
    assert result != "a result"


@each_result
def test_results_have_no_hash(result):
    with pytest.raises(TypeError, match="unhashable"):
        hash(result)


def test_reprs_hold_the_figures():
    spectrum, match, residuals = RESULTS
    assert repr(spectrum) == (
        f"MatchSpectrum(6 + 4 neurons, 1 + 0 dead, 200 samples, area={spectrum.area:.4f})"
    )
    assert repr(match) == f"Match(eps=0.8, x: 4 of 6, y: 2 of 4, similarity={6 / 10:.4f})"
    assert repr(residuals).startswith("Residuals(x: 6 neurons, ")
    assert repr(sm.ActivationPair()) == "ActivationPair(0 + 0 neurons, 0 samples)"


def test_a_match_counts_its_neurons():
    match = RESULTS[1]
    assert len(match) == match.x.size + match.y.size == 6
    assert match.x.dtype == match.y.dtype == np.int64


def test_a_copied_pair_goes_its_own_way():
    pair = sm.ActivationPair()
    pair.update(np.eye(4)[:, :2], np.eye(4)[:, 2:])
    for twin in [copy.copy(pair), copy.deepcopy(pair)]:
        twin.update(np.ones((3, 2)), np.ones((3, 2)))
        assert (pair.n_samples, twin.n_samples) == (4, 7)
    total = pair + pair
    assert (pair.n_samples, total.n_samples) == (4, 8)
    with pytest.raises(TypeError):
        pair + 1


def test_progress_shows_a_bar_and_changes_nothing(capsys):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 100, 5))
    assert sm.spectrum(x, y, progress=True) == sm.spectrum(x, y)
    assert capsys.readouterr().out == ""

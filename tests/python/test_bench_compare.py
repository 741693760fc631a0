"""The side-by-side benchmark runs, at tiny sizes, and refuses answers that differ."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm

if TYPE_CHECKING:
    from types import ModuleType

BENCHES = Path(__file__).parents[2] / "benches"
SMALL = "--repeats=1 --samples=300 --gram-neurons=12 --maximum-neurons=12 --minimum-neurons=8"
SMALL_MEASURES = "--measure-neurons=6 --measure-samples=80"
SMALL_GROWTH = (
    "--growth --growth-neurons 2 8 32 --growth-samples 300 400 600 --kernel-samples 60 90 120"
)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a module that lies beside compare.py."""
    monkeypatch.syspath_prepend(str(BENCHES))

    def load(name: str) -> ModuleType:
        return import_module(name)

    return load


def compare(arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHES / "compare.py"), *arguments.split()],
        capture_output=True,
        text=True,
        check=False,
    )


def rows(output: str) -> list[list[str]]:
    """Cells of the Markdown tables, heads and rules left out."""
    lines = [line.strip("| ").split(" | ") for line in output.splitlines() if line.startswith("|")]
    rules = {i for i, cells in enumerate(lines) if set(cells) == {"---"}}
    return [cells for i, cells in enumerate(lines) if not {i, i + 1} & rules]


def test_side_by_side() -> None:
    done = compare(f"{SMALL} {SMALL_MEASURES}")
    assert done.returncode == 0, done.stderr
    others = [cells[2] for cells in rows(done.stdout)]
    known = {"torch": 1, "rsatoolbox": 2, "repsim": 3, "thingsvision": 1, "torch_cka": 3}
    for package, entries in known.items():
        found = sum(name.partition(",")[0] == package for name in others)
        assert found == (entries if find_spec(package) else 0)
        assert (f"{package} is not installed: " in done.stdout) == (not find_spec(package))
    assert sum(name.startswith("paper") for name in others) == 3
    for cells in rows(done.stdout):
        assert len(cells) == 7
        assert float(cells[4].replace(",", "")) > 0
        assert cells[5]  # how the answers agree


def test_growth() -> None:
    done = compare(f"--repeats=1 {SMALL_GROWTH}")
    assert done.returncode == 0, done.stderr
    curves = rows(done.stdout)
    assert [cells[0] for cells in curves].count("Gram (update)") == 2
    assert all(np.isfinite(float(cells[-1])) for cells in curves)


def test_an_unknown_task_is_wrong_usage() -> None:
    done = compare("spectra")
    assert done.returncode == 2
    assert "no task 'spectra'" in done.stderr


def test_exponents_are_those_of_powers(bench: Any) -> None:
    exponent = bench("compare_growth").exponent
    times = {size: 1e-6 * size**2 for size in (8, 16)} | {
        size: 1e-9 * size**3 for size in (512, 1024)
    }
    assert exponent(times, 2) == "3.00"
    assert exponent({size: 1e-6 * size**2.5 for size in (10, 30, 100)}, 3) == "2.50"
    assert not exponent({10: 1.0}, 3)


def test_a_different_answer_ends_the_run(bench: Any) -> None:
    races, matches = bench("compare_race"), bench("compare_matches")
    ours = (np.array([0, 1]), np.array([2]))
    other = races.Contender("other", lambda: (np.array([0]), np.array([2])), matches.check_sets)
    with pytest.raises(races.DifferentAnswerError, match=r"^a match: other: its match is"):
        races.race(races.Task("a match", lambda: ours, [other]), 1, 1.0)
    for value in (0.5 + 2e-6, float("nan")):
        with pytest.raises(races.DifferentAnswerError):
            races.close(0.5, value, 1e-6)


def test_a_gram_of_other_samples_is_refused(bench: Any) -> None:
    gram, races = bench("compare_gram"), bench("compare_race")
    x, y = np.random.default_rng(0).standard_normal((2, 50, 3))
    joint, pair = np.hstack([x, y]), gram.pair_of(x, y)
    assert gram.check_gram(joint)(pair, joint.T @ joint).startswith("to ")
    joint[7, 2] += 1e-6
    with pytest.raises(races.DifferentAnswerError):
        gram.check_gram(joint)(pair, joint.T @ joint)


@pytest.mark.parametrize("seed", range(5))
def test_the_papers_algorithms_give_our_matches(bench: Any, seed: int) -> None:
    data, paper, matches = map(bench, ("compare_data", "compare_paper", "compare_matches"))
    x, y = data.shared_factors(32, 500, seed)
    found = [paper.maximum_match(x, y, eps) for eps in matches.MANY_EPS]
    matches.check_all_sets(matches.ours_at_many(x, y), found)
    matches.check_all_sets(found, matches.falling_at_many(*paper.fewer_rows(x, y)))


def test_a_match_that_is_not_minimal_is_refused(bench: Any) -> None:
    data, paper, matches = map(bench, ("compare_data", "compare_paper", "compare_matches"))
    x, y = data.shared_factors(24, 500, 0, decay=2)
    maximum = paper.maximum_match(x, y, matches.EPS)
    v = int(maximum[0][0])
    ours = matches.sets_of(sm.minimum_match(x, y, eps=matches.EPS, neuron=("x", v)))
    theirs = paper.minimum_match(x, y, matches.EPS, v)
    assert matches.check_minimum(x, y, v, ours, theirs)
    assert sum(map(len, ours)) < sum(map(len, maximum))
    for pair, why in (((ours, maximum), "no minimum match"), ((maximum, theirs), "smaller")):
        with pytest.raises(bench("compare_race").DifferentAnswerError, match=why):
            matches.check_minimum(x, y, v, *pair)


def test_estimates_of_cka_are_told_apart(bench: Any) -> None:
    data, kernels = bench("compare_data"), bench("compare_kernels")
    x, y = data.shared_factors(6, 80, 0)
    k, m = kernels.kernel(x), kernels.kernel(y)
    # By definition: sums over samples that are all different, of centred or other rows alike.
    shifted = [kernels.kernel(side + 3.0) for side in (x, y)]
    unbiased = kernels.cka(k, m, kernels.hsic_unbiased)
    assert kernels.cka(*shifted, kernels.hsic_unbiased) == pytest.approx(unbiased, abs=1e-9)
    assert unbiased == pytest.approx(sm.debiased_linear_cka(x, y), abs=1e-12)
    assert abs(unbiased - sm.linear_cka(x, y)) > 1e-3
    of_halves = kernels.cka_of_batches(
        [
            tuple(kernels.kernel(side[rows]) for side in (x, y))
            for rows in (slice(40), slice(40, 80))
        ]
    )
    assert abs(of_halves - unbiased) > 1e-4

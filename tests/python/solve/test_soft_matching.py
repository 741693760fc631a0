"""Soft matching against linear programs and assignments of scipy."""

from __future__ import annotations

import doctest
import math
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment, linprog

import spanmatch as sm
from problems import Floats, planted, problem
from spanmatch.solve import soft_matching as module
from spanmatch.solve.soft_matching import soft_matching

seeds = st.integers(0, 2**16)


def correlations(x: Floats, y: Floats) -> Floats:
    found: Floats = np.corrcoef(x.T, y.T)
    return found[: x.shape[1], x.shape[1] :]


def by_linear_program(x: Floats, y: Floats) -> float:
    cos = correlations(x, y)
    n_x, n_y = cos.shape
    of_rows, of_columns = np.kron(np.eye(n_x), np.ones(n_y)), np.kron(np.ones(n_x), np.eye(n_y))
    sums = np.r_[np.full(n_x, 1 / n_x), np.full(n_y, 1 / n_y)]
    return -float(linprog(-cos.ravel(), A_eq=np.vstack([of_rows, of_columns]), b_eq=sums).fun)


@given(seeds, st.integers(1, 9), st.integers(1, 9))
def test_as_scipy_finds_it(seed: int, n_x: int, n_y: int) -> None:
    pytest.importorskip("ot")
    x, y = planted(np.random.default_rng(seed), n_x, n_y, 60, size=1)
    assert soft_matching(x, y) == pytest.approx(by_linear_program(x, y), abs=1e-9)
    if n_x == n_y:
        cos = correlations(x, y)
        mean = cos[linear_sum_assignment(cos, maximize=True)].mean()
        assert soft_matching(x, y) == pytest.approx(mean, abs=1e-9)


@given(seeds)
def test_scales_of_neurons_permutations_and_sides(seed: int) -> None:
    pytest.importorskip("ot")
    rng = np.random.default_rng(seed)
    x, y = planted(rng, 6, 9, 60)
    want = soft_matching(x, y)
    same = ((x + 1.0) * 10.0 ** rng.uniform(-9, 9, 6))[:, rng.permutation(6)]
    assert soft_matching(same, y) == pytest.approx(want, abs=1e-9)
    assert soft_matching(y, same) == pytest.approx(want, abs=1e-9)
    assert soft_matching(x, same) == pytest.approx(1, abs=1e-9)
    turned = x @ np.linalg.qr(rng.standard_normal((6, 6)))[0]
    for changed in (turned, -x):
        assert soft_matching(changed, y) != pytest.approx(want, abs=1e-6)


@given(seeds)
def test_its_distance_is_a_metric(seed: int) -> None:
    pytest.importorskip("ot")
    rng = np.random.default_rng(seed)
    x, z = planted(rng, 6, 4, 60)
    y = np.hstack([x[:, :3], z[:, :2]]) + 0.1 * rng.standard_normal((60, 5))
    xy, yz, xz = (
        math.sqrt(max(0.0, 2 - 2 * soft_matching(*pair))) for pair in ((x, y), (y, z), (x, z))
    )
    assert xz <= xy + yz + 1e-7


def test_a_dead_neuron_is_like_none() -> None:
    pytest.importorskip("ot")
    x = problem("planted")[0][:, :10]
    more = np.hstack([x, np.full((len(x), 10), 0.1)])
    # Half of what x is goes to neurons that are like nothing.
    assert soft_matching(more, x) == pytest.approx(0.5, abs=1e-9)
    assert math.isnan(soft_matching(*problem("all_dead")))


def test_without_pot_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = problem("planted")
    monkeypatch.setitem(sys.modules, "ot", None)
    for call in (soft_matching, lambda *sides: sm.measures(*sides, also=["soft_matching"])):
        with pytest.raises(ImportError, match=r"pip install 'spanmatch\[transport\]'"):
            call(x, y)


def test_what_finds_no_best_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ot")
    monkeypatch.setattr(module, "PIVOTS", 0.01)
    with pytest.raises(ValueError, match="POT found no best matching"):
        soft_matching(*problem("planted"))


def test_its_example() -> None:
    pytest.importorskip("ot")
    text = str(soft_matching.__doc__).replace("# doctest: +SKIP", "")
    names = {"soft_matching": soft_matching}
    example = doctest.DocTestParser().get_doctest(text, names, "soft_matching", None, None)
    assert doctest.DocTestRunner().run(example) == (0, 5)

"""The oracle against itself: ways that share nothing but the definition must agree."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from brute_force import BruteForce, inside, union
from oracle import Oracle, augmented_residuals, centred, unit_columns
from problems import PROBLEMS, problem, small


@pytest.mark.parametrize("name", PROBLEMS)
def test_residual_by_lstsq_equals_its_closed_form(name: str) -> None:
    # With Y = U S Vᵀ: r² = |x - U Uᵀ x|² + Σ δ² / (s² + δ²) (uᵢᵀ x)². Here from all rows, where the
    # oracle rotates them first.
    x, y = problem(name)
    oracle = Oracle.of(x, y)
    (ux, live), (uy, _) = unit_columns(x), unit_columns(y)
    u, s, _ = np.linalg.svd(uy, full_matrices=False)
    along = u.T @ ux[:, live]
    across = ux[:, live] - u @ along
    squares = (across**2).sum(axis=0) + (
        (oracle.delta**2 / (s**2 + oracle.delta**2))[:, None] * along**2
    ).sum(axis=0)
    got = oracle.residuals()[0]
    np.testing.assert_allclose(got[live], np.sqrt(squares), atol=1e-9)
    assert np.isnan(got[~live]).all()


@pytest.mark.parametrize("center", [False, True])
@pytest.mark.parametrize("name", PROBLEMS)
def test_peel_equals_deleting_violators(name: str, center: bool) -> None:
    oracle = Oracle.of(*problem(name), center=center)
    probes = oracle.probes()
    assert probes
    assert any(eps == 0 for eps in probes)
    for eps in probes:
        for deleted, peeled in zip(oracle.maximum_match(eps), oracle.match_at(eps), strict=True):
            np.testing.assert_array_equal(deleted, peeled)


def test_probes_reach_into_every_gap_and_keep_their_distance() -> None:
    oracle = Oracle.of(*problem("planted"))
    c = np.unique(np.concatenate(oracle.critical))
    probes = np.array(oracle.probes())
    assert np.abs(c[:, None] - probes).min() > 1e-6
    for low, high in pairwise(c):
        if high - low > 3e-6:
            inner = probes[(probes > low) & (probes < high)]
            assert inner.min() < low + 1.1e-6
            assert inner.max() > high - 1.1e-6


@pytest.mark.parametrize("seed", range(16))
def test_brute_force_agrees_with_peel_and_deletion(seed: int) -> None:
    brute = BruteForce(*small(seed))
    oracle = brute.oracle
    np.testing.assert_allclose(brute.critical(), np.concatenate(oracle.critical), atol=1e-12)
    for eps in brute.levels():
        in_x, in_y = oracle.maximum_match(eps)
        top = brute.maximum_match(eps)
        assert top == brute.as_set(np.flatnonzero(in_x), np.flatnonzero(in_y))
        assert oracle.is_match(eps, in_x, in_y)


@pytest.mark.parametrize("seed", range(10))
def test_maximum_match_inside_a_set(seed: int) -> None:
    brute = BruteForce(*small(seed))
    chosen = 2**brute.n - 1 & ~(1 << seed % brute.n)
    mask = np.array([bool(chosen >> bit & 1) for bit in range(brute.n)])
    for eps in brute.levels():
        got = brute.oracle.maximum_match(eps, (mask[: brute.n_x], mask[brute.n_x :]))
        within = brute.as_set(*(np.flatnonzero(side) for side in got))
        assert within == brute.maximum_match(eps, within=chosen)


@pytest.mark.parametrize("seed", range(15))
def test_theorems_of_the_paper_hold_by_brute_force(seed: int) -> None:
    brute = BruteForce(*small(seed))
    for eps in brute.levels():
        matches, simple = brute.matches(eps), brute.simple_matches(eps)
        # Union-close, and every match is the union of the simple ones inside it.
        assert {a | b for a in matches for b in matches} == set(matches)
        assert all(union(s for s in simple if inside(s, match)) == match for match in matches)
        minimum = {s for bit in range(brute.n) for s in brute.minimum_matches(eps, bit)}
        assert minimum == set(simple)
        for s in simple:
            expected = [bit for bit in range(brute.n) if s in brute.minimum_matches(eps, bit)]
            assert brute.minimum_for(eps, s) == expected


@pytest.mark.parametrize("seed", range(15))
def test_support_is_a_preorder_whose_columns_are_the_cores(seed: int) -> None:
    brute = BruteForce(*small(seed))
    for eps in brute.levels():
        bits, matrix = brute.support(eps)
        assert matrix.diagonal().all()
        assert not (matrix.astype(int) @ matrix.astype(int) > 0)[~matrix].any()
        for column, v in enumerate(bits):
            core = brute.core(eps, v)
            assert core == union(
                1 << u for u, holds in zip(bits, matrix[:, column], strict=True) if holds
            )
            assert all(inside(core, s) for s in brute.minimum_matches(eps, v))


def test_a_neuron_with_two_copies_has_two_minimum_matches() -> None:
    z = np.random.default_rng(0).standard_normal((9, 1))
    brute = BruteForce(z, np.hstack([z, z]))
    x, y1, y2 = 1, 2, 4
    assert sorted(brute.minimum_matches(0.0, 0)) == [x | y1, x | y2]
    assert brute.minimum_matches(0.0, 1) == [x | y1]
    assert brute.core(0.0, 0) == x
    assert not brute.is_simple(0.0, x | y1 | y2)


def test_known_residuals() -> None:
    # x at 30° to y1, and y2 at a right angle to both.
    x = np.array([[np.cos(np.pi / 6)], [np.sin(np.pi / 6)], [0.0]])
    y = np.array([[1e-250, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1e200, 0.0]])
    oracle = Oracle.of(x, y)
    rx, ry = oracle.residuals()
    np.testing.assert_allclose(rx, [0.5], atol=1e-9)
    np.testing.assert_allclose(ry, [0.5, 1.0, np.nan], atol=1e-9)
    np.testing.assert_allclose(oracle.critical[1], [0.5, 1.0, np.inf], atol=1e-9)
    chosen = np.array([True, False, False])
    assert oracle.is_match(0.5, np.array([True]), chosen)
    assert not oracle.is_match(0.4999, np.array([True]), chosen)
    assert not oracle.is_match(0.9, np.array([True]), np.array([True, False, True]))


def test_plain_and_regularised_residuals_differ_by_delta_times_the_coefficients() -> None:
    x, y = problem("planted")
    plain, regular = Oracle.of(x, y, plain=True), Oracle.of(x, y)
    low, high = plain.residuals()[0], regular.residuals()[0]
    assert regular.smallest_singular_value >= 1e-3
    assert (low <= high + 1e-12).all()
    assert (high <= np.hypot(low, regular.delta / regular.smallest_singular_value) + 1e-12).all()


def test_the_coefficient_norm_costs_delta() -> None:
    unit = np.eye(3)[:, :2]
    target = np.eye(3)[:, :1]
    # min over w of (1 - w)² + δ²w² is δ² / (1 + δ²): spanned, at the price of one coefficient.
    np.testing.assert_allclose(augmented_residuals(unit, target, 1e-3), [1e-3], rtol=1e-6)


def test_constant_columns_centre_to_exactly_zero() -> None:
    z = np.full((7, 3), [0.1, 1e30, -1 / 3])
    assert (centred(z) == 0).all()
    assert not Oracle.of(z, z, center=True).alive[0].any()

"""What the measures promise for every input, on examples that hypothesis picks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spanmatch as sm
from measures_oracle import FIELDS, MeasuresOracle
from problems import PROBLEMS, Rng, Sides, conditioned, planted, problem
from spanmatch.results.measures import Measures
from spanmatch.solve.measures import linear_cka, measures

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

# Where a change of rounding may change the rank, spans are no question with an answer.
UNCLEAR = {"nearly_dependent_1e-4", "nearly_dependent_1e-5", "nearly_dependent_1e-7"}
DEGENERATE = {"all_dead", "empty_side"}
ALIVE = [name for name in PROBLEMS if name not in DEGENERATE]
CLEAR = [name for name in ALIVE if name not in UNCLEAR]
# Here a linear map loses a tiny column, or is as badly conditioned as the cut allows.
MIXABLE = [name for name in CLEAR if name not in {"scaled", "outlying_first_row"}]
OF_SPANS = ("mean_cca", "pwcca", "r2_x", "r2_y")
SYMMETRIC = ("linear_cka", "mean_cca", "svcca", "procrustes_similarity", "procrustes_distance")

seeds = st.integers(0, 2**16)


def only(*names: str) -> tuple[str, ...]:
    return tuple(name for name in FIELDS if name not in names)


def assert_unchanged(got: Measures, want: Measures, sides: Sides, *names: str) -> None:
    """Whether these fields agree, to what rounding leaves of them."""
    names = names or FIELDS
    condition = MeasuresOracle(*sides).condition
    for name in names:
        # Variates turn where correlations are nearly alike, and the weights of pwcca with them.
        slack = {"pwcca": 1e3, "procrustes_distance": 1e2}.get(name, 1.0)
        atol = slack * (1e-10 + (2e-15 * condition**2 if name in OF_SPANS else 0.0))
        assert getattr(got, name) == pytest.approx(getattr(want, name), rel=0, abs=atol), name


def orthogonal(rng: Rng, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


@given(st.sampled_from(ALIVE), seeds)
def test_ranges_and_swapping_the_sides(name: str, seed: int) -> None:
    x, y = problem(name, seed)
    got, swapped = measures(x, y), measures(y, x)
    for field in FIELDS:
        most = np.sqrt(2) if field == "procrustes_distance" else 1
        assert 0 <= getattr(got, field) <= most, field
    for side, width in zip("xy", (x.shape[1], y.shape[1]), strict=True):
        stable, effective = (
            getattr(got, f"{kind}_rank_{side}") for kind in ("stable", "effective")
        )
        assert 1 <= stable <= effective * (1 + 1e-12)
        assert effective <= min(width, stable**2) * (1 + 1e-12)
        assert effective == getattr(swapped, f"effective_rank_{'yx'['xy'.index(side)]}")
    assert got.procrustes_distance == np.sqrt(2 - 2 * got.procrustes_similarity)
    assert got.linear_cka == linear_cka(x, y)
    if name not in UNCLEAR:
        assert_unchanged(swapped, got, (x, y), *SYMMETRIC)
        mirrored = Measures(**{**got.to_dict(), "r2_x": got.r2_y, "r2_y": got.r2_x})
        assert_unchanged(swapped, mirrored, (x, y), "r2_x", "r2_y")


@given(st.sampled_from(ALIVE), seeds)
def test_a_side_is_like_itself(name: str, seed: int) -> None:
    x, _ = problem(name, seed)
    for twin in (x, -3 * x[:, ::-1]):
        got = measures(x, twin)
        want = Measures(1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0)
        assert_unchanged(got, want, (x, x), *only("procrustes_distance"))
        assert got.procrustes_distance < 2e-7


@given(st.sampled_from(CLEAR), seeds, st.floats(-20, 20), st.floats(-20, 20))
def test_orthogonal_maps_and_scales(name: str, seed: int, one: float, other: float) -> None:
    x, y = problem(name, seed)
    rng, want = np.random.default_rng(seed), measures(x, y)
    turned_x = 10**one * x @ orthogonal(rng, x.shape[1])
    turned_y = 10**other * y @ orthogonal(rng, y.shape[1])
    geometry = tuple(field for field in SYMMETRIC if field != "mean_cca")
    assert_unchanged(measures(turned_x, turned_y), want, (x, y), *geometry)
    assert_unchanged(measures(10**one * x, 10**other * y), want, (x, y))
    if name in MIXABLE:
        # Norms and spans: the sum of |⟨h, x_j⟩| alone is another in another basis of x.
        assert_unchanged(measures(turned_x, turned_y), want, (x, y), "mean_cca", "r2_x", "r2_y")


@given(st.sampled_from(MIXABLE), seeds, st.floats(1, 20))
def test_invertible_maps(name: str, seed: int, cond: float) -> None:
    x, y = problem(name, seed)
    rng, want = np.random.default_rng(seed), measures(x, y)
    mixed_x = x @ conditioned(rng, x.shape[1], cond)
    mixed_y = y @ conditioned(rng, y.shape[1], cond)
    of_y = measures(x, mixed_y)
    assert_unchanged(of_y, want, (x, mixed_y), "mean_cca", "pwcca", "r2_x")
    assert_unchanged(measures(mixed_x, y), want, (mixed_x, y), "mean_cca", "r2_y")
    assert_unchanged(measures(mixed_x, mixed_y), want, (mixed_x, mixed_y), "mean_cca")


@given(seeds)
def test_what_is_not_invariant_changes(seed: int) -> None:
    x, y = planted(np.random.default_rng(seed))
    want, stretched = measures(x, y), measures(x * np.geomspace(1, 30, x.shape[1]), y)
    for name in ("linear_cka", "svcca", "pwcca", "procrustes_similarity", "r2_x"):
        assert abs(getattr(stretched, name) - getattr(want, name)) > 1e-6, name
    assert abs(measures(y, x).pwcca - want.pwcca) > 1e-6


@given(st.sampled_from(CLEAR), seeds)
def test_offsets(name: str, seed: int) -> None:
    x, y = problem(name, seed)
    rng = np.random.default_rng(seed)
    moved = []
    for side in (x, y):
        deviation = side.std(axis=0)
        size = np.where(deviation > 0, deviation, 1.0)
        moved.append(side + 100 * size * rng.standard_normal(size.shape))
    assert_unchanged(measures(*moved), measures(x, y), (x, y))


@given(st.sampled_from(CLEAR), seeds)
def test_permuting_samples_and_neurons(name: str, seed: int) -> None:
    x, y = problem(name, seed)
    rng, want = np.random.default_rng(seed), measures(x, y)
    rows = rng.permutation(len(x))
    columns_x, columns_y = rng.permutation(x.shape[1]), rng.permutation(y.shape[1])
    assert_unchanged(measures(x[rows], y[rows]), want, (x, y))
    assert_unchanged(measures(x[:, columns_x], y[:, columns_y]), want, (x, y))


@given(st.sampled_from(CLEAR), seeds, st.lists(st.floats(0, 1), max_size=4))
def test_batches_are_all_the_samples(name: str, seed: int, cuts: list[float]) -> None:
    x, y = problem(name, seed)
    edges = sorted({0, len(x), *(round(cut * len(x)) for cut in cuts)})
    pair = sm.ActivationPair()
    for first, last in itertools.pairwise(edges):
        pair.update(x[first:last], y[first:last])
    assert_unchanged(measures(pair), measures(x, y), (x, y))
    assert linear_cka(pair) == measures(pair).linear_cka


@given(seeds, st.floats(0, 1), st.just(0.0) | st.floats(0.001, 1))
def test_the_distance_is_a_metric(seed: int, part: float, noise: float) -> None:
    rng = np.random.default_rng(seed)
    x, z = planted(rng, 6, 6)
    # On the way from x to z, or beside it: there distances add up to little more than the whole.
    y = np.hstack([(1 - part) * x + part * z, noise * rng.standard_normal((len(x), 2))])
    xy, yz, xz = (measures(*sides).procrustes_distance for sides in ((x, y), (y, z), (x, z)))
    assert xz <= xy + yz + 1e-7
    assert abs(xy - yz) <= xz + 1e-7

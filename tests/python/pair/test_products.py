"""A pair gives its Gram matrix and correlations, as numpy has them of all rows."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
import spanmatch._core as core
from problems import PROBLEMS, planted, problem
from spanmatch.pair import products
from spanmatch.pair.device import tensors

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

centring = pytest.mark.parametrize("center", [False, True], ids=["as they are", "centred"])


def paired(x: NDArray[Any], y: NDArray[Any], batches: int = 3, **kept: Any) -> sm.ActivationPair:
    pair = sm.ActivationPair(**kept)
    for part_x, part_y in zip(np.array_split(x, batches), np.array_split(y, batches), strict=True):
        pair.update(part_x, part_y)
    return pair


def wide(x: NDArray[Any], y: NDArray[Any], *, center: bool) -> NDArray[Any]:
    """Both sides in extended precision."""
    z = np.hstack([x, y]).astype(np.longdouble)
    return z - z.mean(0) if center else z


def check(pair: sm.ActivationPair, x: NDArray[Any], y: NDArray[Any], center: bool) -> None:
    """Compare to 1e-12 of each neuron's own length: after centring too."""
    z, n_x = wide(x, y, center=center), x.shape[1]
    found = pair.gram(center=center)
    assert found.dtype == np.float64
    assert found.shape == (z.shape[1],) * 2
    assert np.array_equal(found, found.T)
    norms = np.sqrt((z**2).sum(0))
    scale = np.where(norms > 0, norms, 1)
    assert np.abs((found - z.T @ z) / scale[:, None] / scale).max(initial=0) < 1e-12
    correlations = pair.correlations(center=center)
    assert correlations.dtype == np.float64
    assert correlations.shape == (n_x, z.shape[1] - n_x)
    dead = np.ptp(np.hstack([x, y]), axis=0) == 0 if center else norms == 0
    expected = (z / scale).T @ (z / scale)
    expected[dead], expected[:, dead] = np.nan, np.nan
    np.testing.assert_allclose(correlations, expected[:n_x, n_x:].astype(float), rtol=0, atol=1e-12)


@centring
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", sorted(set(PROBLEMS) - {"outlying_first_row", "large_mean"}))
def test_they_are_those_of_all_rows(name: str, dtype: type, center: bool) -> None:
    x, y = problem(name)
    x, y = x.astype(dtype), y.astype(dtype)
    check(paired(x, y), x, y, center)


@centring
@pytest.mark.parametrize("block", [1, 7, 2**20])
def test_rows_are_added_block_by_block(
    block: int, center: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "BLOCK_VALUES", block)
    x, y = planted(np.random.default_rng(0), 9, 6, 200)
    check(paired(x + 3, y - 2), x + 3, y - 2, center)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_correlations_of_neurons_that_are_nearly_constant(dtype: type) -> None:
    rng = np.random.default_rng(1)
    # The values as they are stored, whose means are a thousand deviations away.
    x, y = ((side / side.std(0) + 1000).astype(dtype) for side in planted(rng, 8, 6, 900))
    check(paired(x, y), x, y, center=True)
    assert paired(x, y).correlations().min() > 0.999


def test_pearson_is_numpys() -> None:
    x, y = planted(np.random.default_rng(2), 5, 4, 300)
    pair = paired(x + 1, y)
    expected = np.corrcoef(x, y, rowvar=False)[:5, 5:]
    np.testing.assert_allclose(pair.correlations(center=True), expected, atol=1e-12)
    assert np.abs(pair.correlations() - expected).max() > 0.01
    covariance = np.cov(np.hstack([x, y]), rowvar=False)
    np.testing.assert_allclose(pair.gram(center=True) / 299, covariance, atol=1e-12)


def test_dead_and_constant_neurons_have_no_correlation() -> None:
    x, y = planted(np.random.default_rng(3), 4, 4, 100)
    x[:, 1], y[:, 2], y[:, 3] = 0, 0.1, 0
    pair = paired(x, y)
    nan = np.isnan(pair.correlations())
    assert (nan.all(1).nonzero()[0].tolist(), nan.all(0).nonzero()[0].tolist()) == ([1], [3])
    nan = np.isnan(pair.correlations(center=True))
    assert nan.all(0).nonzero()[0].tolist() == [2, 3]
    # As they are told by the spectrum.
    for center in (False, True):
        dead_x, dead_y = sm.spectrum(pair, center=center).dead
        nan = np.isnan(pair.correlations(center=center))
        assert nan.all(1).nonzero()[0].tolist() == dead_x.tolist()
        assert nan.all(0).nonzero()[0].tolist() == dead_y.tolist()


@centring
def test_from_a_file_a_merge_and_beside_nulls(tmp_path: Path, center: bool) -> None:
    x, y = planted(np.random.default_rng(4), 6, 5, 240)
    pair = paired(x, y, nulls=3, folds=2)
    check(pair, x, y, center)
    pair.save(tmp_path / "pair.safetensors")
    loaded = sm.ActivationPair.load(tmp_path / "pair.safetensors")
    assert np.array_equal(loaded.gram(center=center), pair.gram(center=center))
    assert np.array_equal(loaded.correlations(center=center), pair.correlations(center=center))
    check(paired(x[:100], y[:100]) + paired(x[100:] + 50, y[100:]),
          np.vstack([x[:100], x[100:] + 50]), y, center)  # fmt: skip


@centring
def test_of_sums_on_a_device(monkeypatch: pytest.MonkeyPatch, center: bool) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(tensors, "HOST", "nowhere")
    x, y = planted(np.random.default_rng(5), 6, 5, 240)
    pair = sm.ActivationPair()
    for part in np.array_split(np.arange(240), 3):
        pair.update(torch.as_tensor(x[part]), torch.as_tensor(y[part]))
    assert pair._gram._sums[1]
    check(pair, x, y, center)


def test_what_is_given_is_the_callers_own() -> None:
    x, y = planted(np.random.default_rng(6), 4, 3, 60)
    pair = paired(x, y)
    before = pair.gram()
    pair.gram()[:] = 0
    pair.correlations()[:] = 0
    assert np.array_equal(pair.gram(), before)


def test_values_near_the_ends_of_float64() -> None:
    x, y = planted(np.random.default_rng(7), 4, 3, 60)
    expected = paired(x, y).correlations()
    np.testing.assert_allclose(paired(1e140 * x, 1e-140 * y).correlations(), expected, atol=1e-12)
    for center, why in ((False, "is so small"), (True, "varies by so little")):
        with pytest.raises(ValueError, match=rf"neuron 0 of y {why} that.*rescale"):
            paired(x, 1e-160 * y).correlations(center=center)


@centring
@pytest.mark.parametrize("sign", [1, -1])
def test_sums_that_have_lost_their_digits(sign: int, center: bool) -> None:
    x, y = planted(np.random.default_rng(7), 4, 3, 60)
    x, y = x - x.mean(0), y - y.mean(0)
    widths, n_batches, n_samples, shift, sums, spread, sum_of = paired(x, y)._gram.to_host().parts()
    # So far from the shift that the core takes all of it for rounding.
    spread[:] = 1e9
    sum_of[1, 4 + 2] = sum_of[4 + 2, 1] = sign * 2 * np.sqrt(sum_of[1, 1] * sum_of[6, 6])
    gram = core.Gram.from_parts((widths, n_batches, n_samples, shift, sums, spread, sum_of))
    with pytest.raises(ValueError, match=r"of neuron 1 of x and neuron 2 of y comes to -?\d"):
        products.find_correlations(gram, center=center)


def test_no_copy_beside_the_result() -> None:
    x, y = np.random.default_rng(8).standard_normal((2, 50, 700))
    pair = paired(x, y)
    result = pair.gram().nbytes
    for ask in (pair.gram, pair.correlations):
        tracemalloc.start()
        ask()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # The sums come from the core, which tracemalloc does not see; what is added is a block.
        assert peak < result / 2 + 3 * 8 * products.BLOCK_VALUES


def test_refusals() -> None:
    for ask in (sm.ActivationPair().gram, sm.ActivationPair().correlations):
        with pytest.raises(ValueError, match="the pair is empty: update it"):
            ask()
    x, y = planted(np.random.default_rng(9), 4, 3, 60)
    with pytest.raises(TypeError, match="`center` must be True or False"):
        paired(x, y).gram(center=1)  # type: ignore[arg-type]

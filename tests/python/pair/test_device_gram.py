"""Sums kept on a device: the answers of the host, and its errors.

Without a GPU the same code runs on tensors of the host that pass for a device's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

import spanmatch as sm
from needs_gpu import needs_cuda
from problems import PROBLEMS, problem
from spanmatch.pair.device import gram as device_gram
from spanmatch.pair.device import tensors

if TYPE_CHECKING:
    from collections.abc import Callable

Move = "Callable[[Any], torch.Tensor]"


@pytest.fixture(params=["passing for a device", pytest.param("cuda", marks=needs_cuda)])
def move(request: Any, monkeypatch: Any) -> Any:
    """What puts an array on the device."""
    if request.param == "cuda":
        return lambda array: torch.as_tensor(array, device="cuda")
    monkeypatch.setattr(tensors, "HOST", "nowhere")
    return torch.as_tensor


def on_device(pair: sm.ActivationPair) -> bool:
    return bool(pair._gram._sums[1])


def assert_alike(mine: sm.ActivationPair, other: sm.ActivationPair) -> None:
    assert (mine.n_batches, mine.n_samples, mine.n_x, mine.n_y) == (
        other.n_batches,
        other.n_samples,
        other.n_x,
        other.n_y,
    )
    (*_, shift, sums, spread, products), wanted = (
        pair._gram.to_host().parts() for pair in (mine, other)
    )
    # Each neuron at its own scale: they may be far apart.
    size = spread + np.abs(shift)
    size[size == 0.0] = 1.0
    n_samples = max(1, mine.n_samples)
    for found, expected in zip((shift, sums, spread), wanted[3:], strict=False):
        np.testing.assert_allclose(found / size, expected / size, rtol=0, atol=1e-12 * n_samples)
    np.testing.assert_allclose(
        products / size[:, None] / size,
        wanted[-1] / size[:, None] / size,
        rtol=0,
        atol=1e-13 * n_samples,
    )


def filled(x: Any, y: Any, sizes: tuple[int, ...], move: Any = np.asarray) -> sm.ActivationPair:
    pair, first = sm.ActivationPair(), 0
    for size in sizes:
        rows = slice(first, first + size)
        pair.update(move(x[rows]), move(y[rows]))
        first += size
    return pair


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_sums_are_those_of_the_host(name: str, move: Any) -> None:
    x, y = problem(name)
    sizes = (len(x) // 3, 1, len(x) - len(x) // 3 - 1)
    pair = filled(x, y, sizes, move)
    assert on_device(pair)
    assert_alike(pair, filled(x, y, sizes))
    assert not on_device(pair)


@pytest.mark.parametrize("dtype", tensors.READABLE, ids=str)
def test_types(dtype: torch.dtype, move: Any) -> None:
    x, y = (torch.from_numpy(side).to(dtype) for side in problem("planted"))
    pair = filled(x, y, (100, 200), move)
    assert on_device(pair)
    assert_alike(pair, filled(x.double().numpy(), y.double().numpy(), (100, 200)))


def test_a_batch_of_many_blocks(move: Any, monkeypatch: Any) -> None:
    x, y = problem("large_mean")
    monkeypatch.setattr(device_gram, "BLOCK_VALUES", 64 * 44)
    assert_alike(filled(x, y, (64, 236), move), filled(x, y, (64, 236)))
    pair = filled(x, y, (300,), move)
    spoilt = x.copy()
    spoilt[-1, 3] = np.inf
    before = pair.__reduce__()[1][0]
    with pytest.raises(ValueError, match=r"batch 1 .*neuron 3 of x is inf in row 299"):
        pair.update(move(spoilt), move(y))
    for a, b in zip(pair.__reduce__()[1][0], before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_batches_here_and_there_add_up(move: Any) -> None:
    x, y = problem("large_mean")
    expected = sm.spectrum(x, y, center=True)
    pair = sm.ActivationPair()
    places: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
        (np.asarray, np.asarray),
        (move, move),
        (np.asarray, move),
        (move, np.asarray),
        (np.float32, move),
    ]
    for at, (put_x, put_y) in enumerate(places):
        rows = slice(at * 60, (at + 1) * 60)
        pair.update(put_x(x[rows]), put_y(y[rows]))
        if at == 2:
            sm.spectrum(pair)
    assert (pair.n_batches, pair.n_samples) == (5, 300)
    found = sm.spectrum(pair, center=True)
    # One batch was rounded to float32, 1e-7 of the mean.
    np.testing.assert_allclose(found.x, expected.x, rtol=0, atol=3e-4)


def test_merge_copy_and_save_bring_the_sums_home(move: Any, tmp_path: Any) -> None:
    x, y = problem("planted")
    whole = filled(x[:100], y[:100], (100,)) + filled(x[100:], y[100:], (200,))
    a, b = filled(x[:100], y[:100], (100,), move), filled(x[100:], y[100:], (200,), move)
    assert_alike(a + b, whole)
    a.merge(b)
    assert_alike(a, whole)
    a.save(tmp_path / "pair")
    assert_alike(sm.ActivationPair.load(tmp_path / "pair"), whole)


@pytest.mark.parametrize("begun", ["nothing", "host", "device"])
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda x, y: (x[:-1], y), "x has 299 rows and y has 300"),
        (lambda x, y: (x[:0], y[:0]), "no rows"),
        (
            lambda x, y: (x, np.where(np.arange(300)[:, None] == 70, np.nan, y)),
            "neuron 0 of y is NaN in row 70",
        ),
        (
            lambda x, y: (np.vstack([[[np.inf]] * 1 @ np.ones((1, x.shape[1])), x[1:]]), y),
            "neuron 0 of x is inf in row 0",
        ),
        (lambda x, y: (x, y * 1e160), "neuron 0 of y reaches .*overflow"),
    ],
)
def test_errors_are_the_hosts_and_change_nothing(
    spoil: Any, words: str, begun: str, move: Any
) -> None:
    x, y = problem("planted")
    pair = (
        sm.ActivationPair()
        if begun == "nothing"
        else filled(x, y, (300,), move if begun == "device" else np.asarray)
    )
    count = pair.n_batches
    before = [np.copy(part) for part in (pair + sm.ActivationPair())._gram.to_host().parts()]
    with pytest.raises(ValueError, match=rf"batch {count} \(counted from 0\): .*{words}"):
        pair.update(*(move(side) for side in spoil(x, y)))
    for a, b in zip(pair._gram.to_host().parts(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_widths_must_stay_the_same(move: Any) -> None:
    x, y = problem("planted")
    for begin, go_on in ((move, move), (np.asarray, move), (move, np.asarray)):
        pair = filled(x, y, (300,), begin)
        with pytest.raises(ValueError, match=r"batch 1 .*x has 23 neurons, but the pair was begun"):
            pair.update(go_on(x[:, 1:]), go_on(y))
        assert pair.n_samples == 300


@pytest.mark.parametrize("context", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_batches_may_come_in_another_mode_each_time(context: Any, move: Any) -> None:
    x, y = problem("planted")
    pair = sm.ActivationPair()
    with context():
        pair.update(move(x[:100]) + 0, move(y[:100]) + 0)
    pair.update(move(x[100:200]).requires_grad_(), move(y[100:200]))
    with torch.inference_mode():
        pair.update(move(x[200:]) * 1, move(y[200:]) * 1)
    assert_alike(pair, filled(x, y, (100, 100, 100)))


def test_autocast_does_not_reach_the_sums(move: Any) -> None:
    x, y = problem("planted")
    with torch.autocast(move(x).device.type, dtype=torch.bfloat16):
        pair = filled(x, y, (100, 200), move)
    assert_alike(pair, filled(x, y, (100, 200)))


def test_a_device_that_fails_leaves_the_pair(move: Any, monkeypatch: Any) -> None:
    x, y = problem("planted")
    pair = filled(x, y, (100, 100), move)

    def fail(*arguments: Any) -> None:
        raise torch.cuda.OutOfMemoryError("out of memory")

    with monkeypatch.context() as context:
        context.setattr(torch, "maximum", fail)
        with pytest.raises(sm.DeviceError, match=r"batch 2 \(counted from 0\): .*out of memory"):
            pair.update(move(x[200:]), move(y[200:]))
    assert (pair.n_batches, pair.n_samples) == (2, 200)
    pair.update(move(x[200:]), move(y[200:]))
    assert_alike(pair, filled(x, y, (100, 100, 100)))


@pytest.mark.parametrize("rows", [100, 300])
def test_an_interruption_finds_all_of_a_batch_or_nothing(
    rows: int, move: Any, monkeypatch: Any
) -> None:
    x, y = problem("planted")
    monkeypatch.setattr(device_gram, "BLOCK_VALUES", 64 * 44)
    addmm = torch.addmm

    def interrupted(*arguments: Any) -> None:
        addmm(*arguments)
        raise KeyboardInterrupt

    pair = filled(x, y, (200,), move)
    with monkeypatch.context() as context:
        context.setattr(torch, "addmm", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pair.update(move(x[:rows]), move(y[:rows]))
    assert pair.n_samples == 200
    assert_alike(pair, filled(x, y, (200,)))


def test_an_interruption_on_the_way_home_counts_nothing_twice(move: Any, monkeypatch: Any) -> None:
    x, y = problem("planted")
    pair = filled(x, y, (100, 200), move)
    to_host = device_gram.DeviceGram.to_host

    def interrupted(gram: Any) -> None:
        to_host(gram)
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(device_gram.DeviceGram, "to_host", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sm.spectrum(pair)
    assert pair.n_samples == 300
    assert_alike(pair, filled(x, y, (100, 200)))


def test_a_lost_device_is_said_at_every_call(move: Any, monkeypatch: Any) -> None:
    x, y = problem("planted")
    pair = filled(x, y, (300,), move)

    def lost(gram: Any) -> None:
        raise RuntimeError("device-side assert triggered")

    monkeypatch.setattr(device_gram.DeviceGram, "to_host", lost)
    for call in (sm.spectrum, sm.measures):
        with pytest.raises(sm.DeviceError, match="failed: device-side assert"):
            call(pair)


def test_a_batch_without_neurons_sets_the_widths_too(move: Any) -> None:
    pair = sm.ActivationPair()
    pair.update(np.ones((9, 0)), np.ones((9, 0)))
    with pytest.raises(ValueError, match="x has 3 neurons, but the pair was begun with 0"):
        pair.update(move(np.ones((9, 3))), move(np.ones((9, 3))))
    assert (pair.n_samples, pair.n_x) == (9, 0)


@pytest.mark.parametrize("rows_per_item", [1, 5, [7, 3, 12, 1, 1, 6]], ids=str)
def test_nulls_and_folds_are_those_of_the_host(
    rows_per_item: int | list[int], move: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(device_gram, "BLOCK_VALUES", 1)  # several blocks of 64 rows
    rng = np.random.default_rng(0)
    x, y = 3 + rng.standard_normal((2, 4, 90, 6))
    pairs = [sm.ActivationPair(nulls=3, folds=4, seed=5) for _ in range(2)]
    for pair, place in zip(pairs, (move, np.asarray), strict=True):
        for batch in range(4):
            rows = slice(None) if isinstance(rows_per_item, int) else slice(0, 30)
            # In the middle a batch that lies on the host: the deal goes on.
            put = np.asarray if batch == 2 else place
            sides = put(x[batch][rows]), put(y[batch][rows, :5])
            pair.update(*sides, rows_per_item=rows_per_item)
    assert on_device(pairs[0])
    assert not on_device(pairs[1])
    found, expected = (pair._gram.to_host().replicates() for pair in pairs)
    assert found is not None
    assert expected is not None
    assert found[:2] == expected[:2]
    mine, wanted = pairs
    for null, other in zip(sm.null_spectra(mine), sm.null_spectra(wanted), strict=True):
        np.testing.assert_allclose(null.x, other.x, atol=1e-9)
        np.testing.assert_allclose(null.y, other.y, atol=1e-9)
    for fold, other_fold in zip(found[4], expected[4], strict=True):
        assert fold[2] == other_fold[2]
    np.testing.assert_allclose(sm.interval(mine).x, sm.interval(wanted).x, atol=1e-7)


def test_what_stands_for_circular_shifts_is_what_the_core_has(move: Any) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 90, 4))
    pairs = [sm.ActivationPair(nulls=5, seed=7) for _ in range(2)]
    for pair, place in zip(pairs, (move, np.asarray), strict=True):
        for rows in (slice(0, 40), slice(40, 70), slice(70, 90)):
            pair.update(place(x[rows]), place(y[rows]))
    assert on_device(pairs[0])
    mine, wanted = (pair._gram.to_host().null_rolls for pair in pairs)
    assert mine == wanted
    assert len(set(mine)) == 5


def test_one_item_on_a_device_is_refused(move: Any) -> None:
    pair = sm.ActivationPair(nulls=1)
    x = move(np.random.default_rng(0).standard_normal((6, 2)))
    with pytest.raises(ValueError, match="one item of 6 rows"):
        pair.update(x, x, rows_per_item=6)
    assert (pair.n_samples, pair.n_items) == (0, 0)

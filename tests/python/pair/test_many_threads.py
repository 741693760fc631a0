"""Updates, solves, copies and pickles of one pair from many threads, while the pool changes."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 1.5
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((2, 100, 12))


def run_all(*works: Callable[[], object]) -> list[int]:
    """Do all of these over and over, each in a thread, and return how often; errors are raised."""
    counts, errors = [0] * len(works), []
    deadline = time.monotonic() + SECONDS

    def repeat(at: int) -> None:
        try:
            while time.monotonic() < deadline or counts[at] == 0:
                works[at]()
                counts[at] += 1
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=repeat, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread waits for ever"
    if errors:
        raise errors[0]
    return counts


@pytest.mark.usefixtures("restore_threads")
def test_one_pair_in_many_threads() -> None:
    pair = sm.ActivationPair(nulls=1, folds=2)
    pair.update(X, Y)
    whole = sm.spectrum(X, Y)
    chosen = iter(range(10**9))

    def check(found: Any) -> None:
        # The same rows over and over: the same answer, whenever it was.
        np.testing.assert_allclose(sm.spectrum(found).x, whole.x, atol=1e-9)

    counts = run_all(
        lambda: pair.update(X, Y),
        lambda: pair.update(X.astype(np.float64), Y),
        lambda: check(pair),
        lambda: check(copy.copy(pair)),
        lambda: check(pickle.loads(pickle.dumps(pair))),
        lambda: check(pair + pair),
        lambda: sm.set_num_threads(1 + next(chosen) % 3),
    )
    assert pair.n_samples == 100 * (1 + counts[0] + counts[1])
    assert min(counts) > 0


def test_an_array_that_is_written_while_it_is_read() -> None:
    """Whatever is read is a number or refused; the sums stay finite, and of whole batches."""
    x = np.tile(X, (50, 1))
    pair = sm.ActivationPair()
    pair.update(X, X)
    refused = []

    def update() -> None:
        try:
            pair.update(x, x)
        except ValueError as error:
            refused.append(str(error))

    def write() -> None:
        for value in (np.nan, 1e6, 0.0):
            x[RNG.integers(len(x), size=50)] = value

    counts = run_all(update, write)
    assert pair.n_samples == 100 + 5000 * (counts[0] - len(refused))
    assert np.isfinite(sm.residuals(pair, x_index=[0], y_index=[0]).x).all()
    assert all("finite" in message for message in refused)

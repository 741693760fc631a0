"""What takes long lets other threads of Python go on meanwhile."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from spanmatch import _core

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RNG = np.random.default_rng(0)
GRAM = _core.Gram(2, 2)
GRAM.update([RNG.normal(size=(400, 300)), RNG.normal(size=(400, 300))])
OTHER = GRAM.copy()
SHIFT = np.zeros(600)
PARTS, KEPT = GRAM.parts(), GRAM.replicates()
CALLS: dict[str, Callable[[], object]] = {
    "copy": GRAM.copy,
    "merge": lambda: OTHER.merge(GRAM),
    "parts": GRAM.parts,
    "replicates": GRAM.replicates,
    "from_parts": lambda: _core.Gram.from_parts(PARTS, KEPT),
    "null": lambda: GRAM.null(0),
    "of_folds": lambda: GRAM.of_folds([1, 0], False),
    "set_shift": lambda: OTHER.set_shift(SHIFT),
    "centered": GRAM.centered,
}


@pytest.fixture
def nobody_is_interrupted() -> Iterator[None]:
    """Threads go on only where another lets them: none is made to."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000.0)
    yield
    sys.setswitchinterval(interval)


def goes_on(call: Callable[[], object]) -> bool:
    """Whether a thread that waits for nothing but its turn has it during a call."""
    gate, went_on = threading.Lock(), []
    gate.acquire()

    def wait() -> None:
        with gate:
            went_on.append(True)

    thread = threading.Thread(target=wait)
    thread.start()
    gate.release()
    call()
    went = bool(went_on)
    thread.join()
    return went


@pytest.mark.usefixtures("nobody_is_interrupted")
@pytest.mark.parametrize("name", CALLS)
def test_other_threads_go_on_meanwhile(name: str) -> None:
    # A thread may need longer to wake up than the call takes: often, but not each time.
    assert any(goes_on(CALLS[name]) for _ in range(200))


@pytest.mark.usefixtures("nobody_is_interrupted")
def test_a_call_that_keeps_its_turn_is_found_out() -> None:
    assert not any(goes_on(lambda: GRAM.n_samples) for _ in range(50))

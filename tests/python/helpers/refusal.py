"""A small problem, and the shape of every refusal: an error that names what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from problems import planted

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLES, N_X, N_Y = 60, 7, 5
X, Y = planted(np.random.default_rng(6), N_X, N_Y, SAMPLES)


def refused(call: Callable[[], object], *words: str) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert type(caught.value) in {TypeError, ValueError}
    message = str(caught.value)
    for word in words:
        assert re.search(rf"(?<!\w)({word})(?!\w)", message), f"{word!r} is not in {message!r}"


def filled() -> sm.ActivationPair:
    pair = sm.ActivationPair()
    pair.update(X, Y)
    return pair

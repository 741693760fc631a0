"""A result of every kind that the core gives, for tests of them all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spanmatch as sm


def results() -> list[Any]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 6))
    x[:, 2] = 0.0
    y = np.hstack([x[:, :2] + x[:, 3:5], rng.standard_normal((200, 2))])
    match = sm.maximum_match(x, y, eps=0.8)
    return [
        sm.spectrum(x, y),
        match,
        sm.residuals(x, y),
        sm.support(x, y, eps=0.8),
        sm.linear_map(x, y, match=match),
        sm.one_to_one(x, y),
    ]


RESULTS = results()
KINDS = [type(result).__name__ for result in RESULTS]
each_result = pytest.mark.parametrize("result", RESULTS, ids=KINDS)

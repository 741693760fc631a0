"""Whatever memory there is, every function ends in an answer or in MemoryError.

`SPANMATCH_LEVELS` says how many limits are tried, between too little and enough.
"""

from __future__ import annotations

import os
import sys

import pytest

from limited_memory import run_alone

LEVELS = int(os.environ.get("SPANMATCH_LEVELS", "6"))

SCRIPT = """
import sys, warnings
import numpy as np
import spanmatch as sm
from limited_memory import try_limits

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)

def sides(neurons):
    x = rng.standard_normal((400, neurons))
    half = neurons // 2
    z = x[:, :half] @ rng.standard_normal((half, neurons))
    match = sm.Match(0.5, np.arange(5), np.arange(5), neurons, neurons)
    return x, z, match, sm.ActivationPair(nulls=2, folds=3)

def keep(x, z, pair):
    pair.update(x, z)
    pair.save(sys.argv[2])
    sm.load(sys.argv[2])

CALLS = {
    "spectrum": lambda x, z, m, p: sm.spectrum(x, z),
    "ridge": lambda x, z, m, p: sm.spectrum(x, z, ridge="auto"),
    "maximum_match": lambda x, z, m, p: sm.maximum_match(x, z, eps=0.5),
    "minimum_match": lambda x, z, m, p: sm.minimum_match(x, z, eps=0.9, neuron=("x", 0)),
    "simple_matches": lambda x, z, m, p: sm.simple_matches(x, z, eps=0.9),
    "support": lambda x, z, m, p: sm.support(x, z, eps=0.9),
    "one_to_one": lambda x, z, m, p: sm.one_to_one(x, z),
    "linear_map": lambda x, z, m, p: sm.linear_map(x, z, match=m),
    "measures": lambda x, z, m, p: sm.measures(x, z),
    "interval": lambda x, z, m, p: sm.interval(x, z, folds=3),
    "calibrate": lambda x, z, m, p: sm.calibrate(x, z, nulls=19),
    "held_out": lambda x, z, m, p: sm.held_out(x, z, match=m, folds=3),
    "align_neurons": lambda x, z, m, p: sm.align_neurons(x, z),
    "save and load": lambda x, z, m, p: keep(x, z, p),
}

for name, call in CALLS.items():
    try_limits(name, call, sides(20), sides(150), int(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits addresses as Linux does")
def test_every_function_answers_or_says_that_memory_is_short(tmp_path: object) -> None:
    run_alone(SCRIPT, str(LEVELS), f"{tmp_path}/pair.safetensors")

"""Whatever memory there is, models are compared, or MemoryError says that it is short.

`SPANMATCH_LEVELS` says how many limits are tried, between too little and enough.
"""

from __future__ import annotations

import os

import pytest

pytest.importorskip("torch")
from limited_memory import needs_limits, run_alone

LEVELS = int(os.environ.get("SPANMATCH_LEVELS", "4"))

SCRIPT = """
import sys, warnings
import torch
from limited_memory import try_limits
from spanmatch.torch import capture, compare, compare_many, layer_info

warnings.simplefilter("ignore")
torch.set_num_threads(1)
torch.manual_seed(0)

def networks(neurons):
    def make():
        layers = torch.nn.Linear(64, neurons), torch.nn.ReLU(), torch.nn.Linear(neurons, neurons)
        return torch.nn.Sequential(*layers).eval()

    data = [torch.randn(4 * neurons, 64) for _ in range(2)]
    return make(), make(), data, data[0], *make().parameters()

CALLS = {
    "compare": lambda a, b, data, *_: compare(a, b, data, nulls=1, folds=2),
    "all pairs": lambda a, b, data, *_: compare(a, b, data, layers="*", all_pairs=True),
    "many": lambda a, b, data, *_: compare_many({"a": a, "b": b, "c": a}, data),
    "capture": lambda a, b, data, *_: [rows for _, rows in capture(a, data)],
    "layer_info": lambda a, b, data, *_: layer_info(a, data[0]),
}
for name, call in CALLS.items():
    try_limits(name, call, networks(20), networks(300), int(sys.argv[1]))
"""


@needs_limits
def test_models_are_compared_or_memory_is_short() -> None:
    run_alone(SCRIPT, str(LEVELS))

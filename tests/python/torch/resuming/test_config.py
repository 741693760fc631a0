"""`config.json` keeps its keys: a folder of an earlier version goes on."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
import spanmatch as sm
from compare_runs import config

# As version 0.1.0 writes them, but for digests of files.
RECORDED = {
    "spanmatch": sm.__version__,
    "model_a": "nets.py:none",
    "model_b": "nets.py:none",
    "checkpoint_a": None,
    "checkpoint_b": None,
    "seed_a": 0,
    "seed_b": None,
    "data": "digits",
    "data_b": None,
    "split": None,
    "limit": 50,
    "batch_size": None,
    "max_batches": 2,
    "tokenizer": None,
    "tokenizer_b": None,
    "layers": ["conv1", "act"],
    "layers_b": None,
    "all_pairs": False,
    "center": True,
    "axis": None,
    "mask": "ok",
    "trace": True,
    "input_axis": 0,
    "items": None,
    "max_neurons": None,
    "nulls": 3,
    "folds": 4,
    "seed": 5,
    "device": "cpu",
}


def test_all_that_decides_is_recorded() -> None:
    models = {f"model_{side}": "nets.py:none" for side in "ab"}
    plain = {f"checkpoint_{side}": None for side in "ab"}
    options = {name: RECORDED[name] for name in ("center", "mask", "nulls", "folds", "seed")}
    settings = config(
        **models, **plain, **options, seed_a=0, data="digits", limit=50, max_batches=2,
        layers=("conv1", "act"),
    )  # fmt: skip
    assert settings.to_dict() == RECORDED

"""Comparisons to test with, and pairs that nobody may touch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

import spanmatch as sm
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.keys import Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

LAYERS = ("features.0", "features.3", "classifier")
PAIRS = [(a, b) for a in ("conv.1", "conv.2", "fc") for b in ("fc.1", "fc.2")]
LONG = [f"encoder.layer.{n}.attention.output.dense" for n in range(55)]


class Untouchable(Mapping[Key, sm.ActivationPair]):
    """Pairs whose every use is a failure."""

    def _touched(self, *_: object) -> NoReturn:
        raise AssertionError("pairs were touched")

    __getitem__ = __iter__ = __len__ = __contains__ = keys = values = items = get = _touched


def pair(seed: int, n_x: int = 6, n_y: int = 5, samples: int = 60) -> sm.ActivationPair:
    """A pair that shares some dimensions, more or fewer, and whose x has a dead neuron.

    Every other one shares a positive mean, so that its chance level is low.
    """
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((samples, 1 + seed % 3))
    x = np.hstack([shared, rng.standard_normal((samples, n_x - shared.shape[1]))])
    y = np.hstack([shared, rng.standard_normal((samples, n_y - shared.shape[1]))])
    x, y = x + seed % 2, y + seed % 2
    x[:, -1] = 0.0
    made = sm.ActivationPair()
    made.update(x, y + 0.1 * rng.standard_normal(y.shape))
    return made


def comparison(
    keys: Iterable[Key] = LAYERS, *, lazy: bool = False, single: bool = False, **kwargs: Any
) -> Comparison:
    """Compare by these keys; `single` neurons too."""
    pairs = {key: pair(seed, n_x=6 + seed % 4) for seed, key in enumerate(keys)}
    spectra = {key: sm.spectrum(each) for key, each in pairs.items()}
    if single:
        kwargs["one_to_one"] = {key: sm.one_to_one(each) for key, each in pairs.items()}
    return Comparison(spectra, Untouchable() if lazy else pairs, **kwargs)


def same_pair(mine: sm.ActivationPair, other: sm.ActivationPair) -> bool:
    parts = [pair._gram.to_host().parts() for pair in (mine, other)]
    return all(np.array_equal(a, b) for a, b in zip(*parts, strict=True))


def file_of(folder: Path, layer: str, kind: str = "pair") -> Path:
    entries = json.loads((folder / "comparison.json").read_text())["layers"]
    name: str = next(entry[kind] for entry in entries if entry["key"] == layer)
    return folder / name


def contents(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def calibration(
    observed: Sequence[float], nulls: Sequence[float], names: Sequence[str] = ("area", "linear_cka")
) -> sm.Calibration:
    """A calibration whose measures have one value in all nulls each."""
    each = np.repeat(np.array(nulls, np.float64)[:, np.newaxis], 19, axis=1)
    return sm.Calibration(tuple(names), np.array(observed), each, np.arange(19, dtype=np.uint64))


def is_close(mine: Any, other: Any, within: float = 1e-12) -> bool:
    """Tell whether what `to_dict` gave is the same twice, numbers but for rounding."""
    if isinstance(mine, dict):
        return mine.keys() == other.keys() and all(
            is_close(value, other[key], within) for key, value in mine.items()
        )
    if isinstance(mine, list | tuple):
        return len(mine) == len(other) and all(map(is_close, mine, other, [within] * len(mine)))
    if isinstance(mine, float) and isinstance(other, float):
        return bool(np.isclose(mine, other, rtol=0, atol=within, equal_nan=True))
    return bool(mine == other)


def is_close_comparison(mine: Comparison, other: Comparison, within: float = 1e-12) -> bool:
    """Tell whether comparisons are the same but for rounding, spectra, nulls and intervals too."""
    return is_close(mine.to_dict(), other.to_dict(), within) and all(
        is_close(
            [each.to_dict() for each in kept.values()], [each.to_dict() for each in theirs], within
        )
        for kept, theirs in (
            (mine, other.values()),
            (mine.nulls, other.nulls.values()),
            (mine.intervals, other.intervals.values()),
            (mine.one_to_one, other.one_to_one.values()),
        )
    )

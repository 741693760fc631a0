"""Things that a version has saved, in plain words: what `tests/python/data` keeps beside them."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMPARE: dict[str, Any] = {
    "model_a": "nets.py:first",
    "model_b": "nets.py:second",
    "data": "nets.py:batches",
    "nulls": 3,
    "folds": 4,
    "seed": 5,
}
"""The comparison that goes on in a folder, by the names of its config."""

SOLVED = "solved"
"""The name under which stands what is computed of a thing: it may differ in its last digits."""


def described(thing: Any) -> Any:
    """Return what a thing holds, as JSON has it."""
    if isinstance(thing, list):
        plain: Any = [described(part) for part in thing]
    elif isinstance(thing, sm.ActivationPair):
        plain = described_pair(thing)
    elif isinstance(thing, sm.Comparison):
        plain = described_comparison(thing)
    else:
        plain = {"kind": type(thing).__name__, **thing.to_dict()}
    return json.loads(json.dumps(plain))


def described_pair(pair: sm.ActivationPair) -> dict[str, Any]:
    return {
        "kind": "ActivationPair",
        "sizes": [pair.n_x, pair.n_y, pair.n_samples, pair.n_batches],
        "names": [pair.x_names, pair.y_names],
        SOLVED: sm.spectrum(pair).to_dict(),
    }


def described_comparison(comparison: sm.Comparison) -> dict[str, Any]:
    def each(parts: Mapping[Any, Any]) -> list[Any]:
        return [[key, part.to_dict()] for key, part in parts.items()]

    return {
        "kind": "Comparison",
        "center": comparison.center,
        "inputs": comparison.inputs,
        "notes": [[key, note] for key, note in comparison.notes.items()],
        "spectra": each(comparison),
        "nulls": each(comparison.nulls),
        "intervals": each(comparison.intervals),
        "pairs": [[key, described_pair(comparison.pair(key))] for key in comparison],
    }


def differences(found: Any, expected: Any, where: str = "", within: float = 0.0) -> list[str]:
    """Return where a description falls short of what is expected; it may hold more names."""
    if isinstance(expected, dict):
        return [
            difference
            for name, part in expected.items()
            for difference in differences(
                found.get(name, "nothing"),
                part,
                f"{where}.{name}",
                1e-6 if name == SOLVED else within,
            )
        ]
    if isinstance(expected, list) and len(found) == len(expected):
        pairs = enumerate(zip(found, expected, strict=True))
        return [d for i, (a, b) in pairs for d in differences(a, b, f"{where}[{i}]", within)]
    if isinstance(expected, float) and isinstance(found, int | float):
        alike = found == expected or abs(found - expected) <= within
        alike = alike or (math.isnan(found) and math.isnan(expected))
    else:
        alike = found == expected
    return [] if alike else [f"{where}: {found} is not {expected}"]


def write_expected(path: Path, things: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(things, separators=(",", ":")) + "\n", encoding="utf-8")

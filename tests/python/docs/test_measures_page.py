"""The page on measures: its table of invariances is computed, and what it names is there."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spanmatch as sm
from docs_pages import DOCS
from measures_oracle import FIELDS, RANKS
from problems import conditioned, planted
from spanmatch.results.measures import Measures
from spanmatch.solve.named_measures import NAMED

if TYPE_CHECKING:
    from collections.abc import Callable

    from problems import Floats, Rng

PAGE = DOCS / "guide" / "measures.md"
N_X, N_Y = 7, 5
DRAWS = 3


def read_table(heading: str) -> dict[str, tuple[str, ...]]:
    """The rows of the table under a heading by their first cells, the head as "measure"."""
    section = PAGE.read_text("utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): tuple(rest) for first, *rest in rows if set(first) != {"-"}}


TABLE = read_table("Invariances")


def field(name: str, x: Floats, y: Floats) -> float:
    return float(getattr(sm.measures(x, y), name))


CALLS: dict[str, Callable[[Floats, Floats], float]] = {
    "spectrum(center=True).area": lambda x, y: sm.spectrum(x, y, center=True).area,
    "one_to_one(center=True).area": lambda x, y: sm.one_to_one(x, y, center=True).area,
    "debiased_cka": sm.debiased_linear_cka,
    **{name: partial(field, name) for name in (*FIELDS, *RANKS[::2])},
    "shape_distance": sm.shape_distance,
    "shape_distance(alpha=0.5)": partial(sm.shape_distance, alpha=0.5),
    "shape_distance(alpha=0)": partial(sm.shape_distance, alpha=0),
    'shape_distance(score="euclidean")': partial(sm.shape_distance, score="euclidean"),
    "ridge_cca": sm.ridge_cca,
    "ridge_cca(ridge=0)": partial(sm.ridge_cca, ridge=0),
    "gulp_distance": sm.gulp_distance,
    "gulp_distance(ridge=0)": partial(sm.gulp_distance, ridge=0),
    "soft_matching": sm.soft_matching,
}
CHANGES: dict[str, Callable[[Rng, Floats], Floats]] = {
    "rotation": lambda rng, z: z @ np.linalg.qr(rng.standard_normal((z.shape[1],) * 2))[0],
    "scale": lambda rng, z: z * rng.uniform(2, 5),
    "scales of neurons": lambda rng, z: z * np.geomspace(1, 5, z.shape[1]),
    "affine": lambda rng, z: (
        z @ conditioned(rng, z.shape[1], 5.0) + rng.standard_normal(z.shape[1])
    ),
    "permutation": lambda rng, z: z[:, np.roll(np.arange(z.shape[1]), 1)],
}


def computed(call: Callable[[Floats, Floats], float], change: str) -> str:
    """What the page has to say of a measure and what is done to either side."""
    kept = {}
    for side in ("x", "y"):
        differences = []
        for seed in range(DRAWS):
            rng = np.random.default_rng(seed)
            x, y = planted(rng, N_X, N_Y, samples=60, size=2)
            before = call(x, y)
            changed = CHANGES[change](rng, x if side == "x" else y)
            after = call(changed, y) if side == "x" else call(x, changed)
            assert math.isfinite(before)
            differences.append(abs(after - before))
        # Rounding, or a change that is seen.
        assert max(differences) < 1e-6 or max(differences) > 1e-4, (change, differences)
        kept[side] = max(differences) < 1e-6
    return {(True, True): "yes", (False, False): "no", (True, False): "x only"}.get(
        (kept["x"], kept["y"]), "y only"
    )


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_the_table_says_what_is_computed(name: str) -> None:
    if name == "soft_matching":
        pytest.importorskip("ot")
    assert TABLE[name] == tuple(computed(CALLS[name], change) for change in CHANGES)


def test_the_table_has_every_measure_and_no_other() -> None:
    assert TABLE["measure"] == tuple(CHANGES)
    assert set(TABLE) == {"measure", *CALLS}
    # Of one side alone: what is said of x is true of y.
    others = {"also", "debiased_cka_note", "effective_rank_y", "stable_rank_y"}
    fields = set(Measures.__dataclass_fields__) - others
    assert {name.partition("(")[0] for name in TABLE} >= fields | set(NAMED)


def test_what_is_named_is_there() -> None:
    fields = {*Measures.__dataclass_fields__, "area", "corrected_area", "sm.calibrate"}
    for text in re.findall(r"`([^`]+)`", PAGE.read_text("utf-8")):
        for name in re.findall(r"^[A-Za-z_.]+(?=$|\()", text):
            known = name in fields or hasattr(sm, name)
            assert known or name == "max", text

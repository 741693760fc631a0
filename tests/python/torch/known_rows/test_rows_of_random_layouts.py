"""Models of random layout: the rows made by hand, or a refusal. Never a silent difference.

SPANMATCH_FUZZ=2000 runs as many examples.
"""

from __future__ import annotations

import os
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from known_rows import NO_INPUT, Told, differences, inputs, record, seeded, tell
from random_layouts import Arranged, Layout, Reading, Sizes, layouts, move_inputs, read

if TYPE_CHECKING:
    from torch import Tensor

    from known_rows import Rows

    Sides = tuple[list[list[Rows]], list[list[Rows]]]

EXAMPLES = int(os.environ.get("SPANMATCH_FUZZ", "60"))
SMALL = st.integers(1, 3)
SIZES = st.builds(Sizes, SMALL, SMALL, SMALL, st.integers(2, 3))
# Shrinking takes longer than all examples; whoever mends something turns it on.
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
if "SPANMATCH_SHRINK" in os.environ:
    PHASES.append(Phase.shrink)
SETTINGS: dict[str, Any] = {"suppress_health_check": list(HealthCheck), "phases": PHASES}


def find_sides(
    a: list[Reading], b: list[Reading], masks: list[Any], sizes: Sizes, *, means: bool
) -> Sides | None:
    """The rows of both, batch by batch and input by input: by label, or means of inputs."""
    if not (a[0].whole and b[0].whole) and masks[0] is not None:
        return None  # the mask cannot be told of such a row
    sides: Sides = ([], [])
    for each_a, each_b, mask in zip(a, b, masks, strict=True):
        labels = [_list_kept(each.rows, mask, sizes) for each in (each_a, each_b)]
        if labels[0] != labels[1] and not means:
            return None
        for side, each, kept in zip(sides, (each_a, each_b), labels, strict=True):
            wide = len(next(iter(each.rows.values())))
            per_input = [
                np.array([each.rows[name] for name in kept if name[0] == at]).reshape(-1, wide)
                for at in range(1 + max(b for b, *_ in each.rows))
            ]
            side.append([r.mean(0, keepdims=True) for r in per_input] if means else per_input)
    return sides


def _list_kept(rows: dict[Any, Any], mask: Any, sizes: Sizes) -> list[Any]:
    names = sorted(rows)
    if mask is None or len({name[1:3] for name in names}) < sizes.length:
        return names
    return [name for name in names if mask[name[0], name[1] * sizes.q + name[2]]]


def judge(told: Told, honest: list[Any], folds: int, shapes: Any) -> bool:
    """Whether there is an answer; it is one of the honest ones."""
    if told.found is None or told.key not in told.found:
        assert told.refusal, "neither answered nor left out"
        assert "layer" in told.refusal or "layer" in told.left, told.refusal
        assert not NO_INPUT.search(told.refusal), told.refusal
        return False
    wrong = [differences(told, *sides, folds=folds) for sides in honest]
    assert any(not each for each in wrong), (
        f"a silent difference, shapes {shapes}: {wrong or 'no honest reading'}"
    )
    return True


def run_example(
    both: tuple[Layout, Layout], sizes: Sizes, batches: list[int], *, fixed: bool, mixed: bool,
    masked: bool, axis: int, folds: int, seed: int,
) -> bool:  # fmt: skip
    models = [
        seeded(
            seed + at,
            lambda each=each: Arranged(each, sizes, fixed=fixed, mixed=mixed, axis=axis),  # type: ignore[misc]
        )
        for at, each in enumerate(both)
    ]
    given_x = [inputs(n, sizes.length, 4, seed=seed + at) for at, n in enumerate(batches)]
    masks = [make_mask(n, sizes.length, seed) if masked else None for n in batches]
    laid = [x.transpose(0, 1).contiguous() if axis == 1 else x for x in given_x]
    data: list[Any] = laid
    options: dict[str, Any] = {"input_axis": 1} if axis == 1 else {}
    if masked:
        turned = [mask.T if axis == 1 and mask is not None else mask for mask in masks]
        data = [{"x": x, "mask": mask} for x, mask in zip(laid, turned, strict=True)]
        options["mask"] = lambda batch: batch["mask"].T if axis == 1 else batch["mask"]
    told = tell(*models, data, folds=folds, **options)
    outputs = [[record(model, [x], "layer")[0] for x in laid] for model in models]
    shapes = [tuple(out.shape) for side in outputs for out in side]
    readings: list[list[Any]] = []
    for side, each in zip(outputs, both, strict=True):
        per_batch = [list(read(out, each, n, sizes)) for out, n in zip(side, batches, strict=True)]
        readings.append(list(zip(*per_batch, strict=True)))
    means = [False, True] if both[0] != both[1] else [False]
    found = (
        find_sides(list(a), list(b), masks, sizes, means=mean)
        for a, b, mean in product(*readings, means)
    )
    return judge(told, [sides for sides in found if sides is not None], folds, shapes)


def make_mask(n_inputs: int, length: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed + n_inputs)
    mask = torch.rand(n_inputs, length, generator=generator) < 0.6
    mask[:, 0] = True
    return mask


@settings(max_examples=EXAMPLES, **SETTINGS)
@given(
    data=st.data(), sizes=SIZES, batches=st.lists(st.integers(2, 5), min_size=1, max_size=3),
    fixed=st.booleans(), mixed=st.booleans(), masked=st.booleans(), moved=st.booleans(),
    axis=st.sampled_from([0, 0, 0, 1]), folds=st.sampled_from([0, 2]), seed=st.integers(0, 99),
)  # fmt: skip
def test_random_layouts(
    *, data: Any, sizes: Sizes, batches: list[int], fixed: bool, mixed: bool, masked: bool,
    moved: bool, axis: int, folds: int, seed: int,
) -> None:  # fmt: skip
    layout = data.draw(layouts(masked=masked))
    other = data.draw(move_inputs(layout)) if moved else layout
    # One position can be made no shorter: nothing tells it from a single feature.
    assume(sizes.length > 1 or layout.kind in ("linear", "norm"))
    run_example(
        (layout, other), sizes, batches, fixed=fixed, mixed=mixed, masked=masked, axis=axis,
        folds=folds, seed=seed,
    )  # fmt: skip


@settings(max_examples=max(20, EXAMPLES // 4), **SETTINGS)
@given(layout=layouts(kinds=("linear",)), n_inputs=st.integers(3, 5), seed=st.integers(0, 99))
def test_layers_of_known_class_are_answered(layout: Layout, n_inputs: int, seed: int) -> None:
    """Their neurons are known, and their rows move: no reason to refuse."""
    held = next(group for group in layout.groups if "B" in group)
    assume(held[0] == "B" or held[-1] == "B")  # the inputs outermost, or innermost
    assert run_example(
        (layout, layout), Sizes(2, 3, 2, 4), [n_inputs, n_inputs], fixed=True, mixed=True,
        masked=False, axis=0, folds=2, seed=seed,
    )  # fmt: skip


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", ["own", "gelu", "norm", "linear"])
def test_plain_tokens_are_answered(kind: str, masked: bool) -> None:
    """Where there is nothing to trace: this holds the oracle itself, before anything is traced."""
    layout = Layout("BPQhd", ("B", "PQ", "hd"), kind)
    for folds in (0, 2):
        assert run_example(
            (layout, layout), Sizes(2, 2, 1, 3), [5, 3], fixed=False, mixed=True, masked=masked,
            axis=0, folds=folds, seed=1,
        )  # fmt: skip


def test_features_on_the_axis_of_positions_are_not_taken_for_rows() -> None:
    layout = Layout("QdPBh", ("QdP", "B", "h"), "gelu")
    assert not run_example(
        (layout, layout), Sizes(3, 3, 3, 2), [3], fixed=False, mixed=False, masked=False, axis=0,
        folds=0, seed=78,
    )  # fmt: skip

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
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from known_rows import NO_INPUT, Told, differences, inputs, record, seeded, tell
from random_layouts import Arranged, Layout, Reading, Sizes, layouts, read

if TYPE_CHECKING:
    from torch import Tensor

    from known_rows import Rows

EXAMPLES = int(os.environ.get("SPANMATCH_FUZZ", "60"))
SMALL = st.integers(1, 3)


def find_sides(
    a: list[Reading], b: list[Reading], masks: list[Any], sizes: Sizes
) -> tuple[list[list[Rows]], list[list[Rows]]] | None:
    """The rows of both, batch by batch and input by input: by label, or means of inputs."""
    if not (a[0].whole and b[0].whole) and masks[0] is not None:
        return None  # the mask can be told of no such row
    sides: tuple[list[list[Rows]], list[list[Rows]]] = ([], [])
    for each_a, each_b, mask in zip(a, b, masks, strict=True):
        labels = [_list_kept(each.rows, mask, sizes) for each in (each_a, each_b)]
        same = labels[0] == labels[1]
        for side, each, kept in zip(sides, (each_a, each_b), labels, strict=True):
            n_inputs = 1 + max(b for b, *_ in each.rows)
            per_input = [
                np.array([each.rows[name] for name in kept if name[0] == at]).reshape(
                    -1, len(next(iter(each.rows.values())))
                )
                for at in range(n_inputs)
            ]
            side.append(
                per_input if same else [rows.mean(0, keepdims=True) for rows in per_input]
            )
    return sides


def _list_kept(rows: dict[Any, Any], mask: Any, sizes: Sizes) -> list[Any]:
    names = sorted(rows)
    positions = {name[1:3] for name in names}
    if mask is None or len(positions) < sizes.length:
        return names
    return [name for name in names if mask[name[0], name[1] * sizes.q + name[2]]]


def judge(told: Told, honest: list[Any], folds: int) -> None:
    if told.found is None or told.key not in told.found:
        assert told.refusal, "neither answered nor left out"
        assert "layer" in told.refusal or "layer" in told.left, told.refusal
        assert not NO_INPUT.search(told.refusal), told.refusal
        return
    wrong = [differences(told, *sides, folds=folds) for sides in honest]
    assert any(not each for each in wrong), f"a silent difference: {wrong or 'no honest reading'}"


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(
    layout=layouts(),
    other=st.none() | layouts(),
    sizes=st.builds(Sizes, SMALL, SMALL, SMALL, st.integers(2, 3)),
    batches=st.lists(st.integers(2, 5), min_size=1, max_size=3),
    fixed=st.booleans(),
    mixed=st.booleans(),
    masked=st.booleans(),
    axis=st.sampled_from([0, 0, 0, 1]),
    folds=st.sampled_from([0, 2]),
    seed=st.integers(0, 99),
)
def test_random_layouts(
    layout: Layout, other: Layout | None, sizes: Sizes, batches: list[int], fixed: bool, mixed: bool,
    masked: bool, axis: int, folds: int, seed: int,
) -> None:  # fmt: skip
    both = (layout, other or layout)
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
        data = [{"x": x, "mask": mask} for x, mask in zip(laid, masks, strict=True)]
        options["mask"] = lambda batch: batch["mask"]
        if axis == 1:
            data = [{"x": x, "mask": mask.T} for x, mask in zip(laid, masks, strict=True)]  # type: ignore[union-attr]
            options["mask"] = lambda batch: batch["mask"].T
    told = tell(*models, data, folds=folds, **options)
    outputs = [[record_one(model, x) for x in laid] for model in models]
    note(f"shapes {[tuple(out.shape) for side in outputs for out in side]}")
    honest = []
    readings = [
        list(zip(*(list(read(out, each, n, sizes)) for out, n in zip(side, batches, strict=True)), strict=True))
        for side, each in zip(outputs, both, strict=True)
    ]  # fmt: skip
    for a, b in product(*readings):
        sides = find_sides(list(a), list(b), masks, sizes)
        if sides is not None:
            honest.append(sides)
    judge(told, honest, folds)


def make_mask(n_inputs: int, length: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed + n_inputs)
    mask = torch.rand(n_inputs, length, generator=generator) < 0.6
    mask[:, 0] = True
    return mask


def record_one(model: Any, x: Tensor) -> Tensor:
    (out,) = record(model, [x], "layer")
    return out


@settings(max_examples=max(20, EXAMPLES // 4), suppress_health_check=list(HealthCheck))
@given(
    layout=layouts(kinds=("linear",)), sizes=st.builds(Sizes, SMALL, SMALL, st.just(1), st.just(4)),
    n_inputs=st.integers(2, 5), seed=st.integers(0, 99),
)  # fmt: skip
def test_known_classes_are_mostly_answered(
    layout: Layout, sizes: Sizes, n_inputs: int, seed: int
) -> None:
    """A linear map of what is no more than merged and turned: its neurons are known, its rows move."""
    models = [
        seeded(seed + at, lambda: Arranged(layout, sizes, fixed=True, mixed=True, axis=0))
        for at in (0, 1)
    ]
    told = tell(*models, [inputs(n_inputs, sizes.length, 4, seed=at) for at in range(2)])
    assert told.refusal is None, told.refusal

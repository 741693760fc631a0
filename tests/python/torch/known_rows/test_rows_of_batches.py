"""Batches of one input, of two, of another size at the end; data of several kinds."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import ANSWER, EITHER, REFUSALS, Around, examine, inputs, run_compare, seeded

LAYOUTS: dict[str, tuple[Any, Any]] = {
    "tokens": (lambda h: h, lambda out: out),
    "time first": (lambda h: h.transpose(0, 1), lambda out: out.transpose(0, 1)),
    "flattened": (lambda h: h.flatten(0, 1), lambda out: out.unflatten(0, (-1, 4))),
    "flattened, time first": (
        lambda h: h.transpose(0, 1).flatten(0, 1),
        lambda out: out.unflatten(0, (4, -1)).transpose(0, 1),
    ),
}


def make_of(layout: str) -> Any:
    before = LAYOUTS[layout][0]
    return lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before))


def batches(*sizes: int) -> list[Tensor]:
    return [inputs(size, 4, 5, seed=seed) for seed, size in enumerate(sizes)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_input_a_batch(layout: str) -> None:
    told = examine(
        make_of(layout), batches(*[1] * 12), LAYOUTS[layout][1],
        must=ANSWER if layout == "tokens" else EITHER,
    )  # fmt: skip
    if told.found is not None:
        assert told.found.inputs == 12


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_image_a_batch(layout: str) -> None:
    convs = [seeded(seed, lambda: nn.Sequential(nn.Conv2d(2, 3, 2), nn.ReLU())) for seed in (0, 1)]
    found = run_compare(*convs, [inputs(1, 2, 5, 4, seed=seed) for seed in range(8)], folds=4)
    assert found.pair("1").n_items == found.inputs == 8


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_inputs_a_batch(layout: str) -> None:
    examine(make_of(layout), batches(2, 2, 2, 2), LAYOUTS[layout][1], nulls=1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_batch_of_two_inputs(layout: str) -> None:
    examine(make_of(layout), batches(2), LAYOUTS[layout][1], must=EITHER, folds=2)


@pytest.mark.parametrize("sizes", [(7, 7, 3), (6, 6, 1), (2, 9), (1, 6, 6)], ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_batches_of_other_sizes(layout: str, sizes: tuple[int, ...]) -> None:
    must = ANSWER if sizes[0] > 1 or layout == "tokens" else EITHER
    told = examine(make_of(layout), batches(*sizes), LAYOUTS[layout][1], must=must)
    if told.found is not None:
        assert told.found.inputs == sum(sizes)


@pytest.mark.parametrize("sizes", [(7, 4), (4, 7), (4, 4), (8, 2, 4)], ids=str)
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_batch_of_as_many_inputs_as_positions(
    layout: str, masked: bool, sizes: tuple[int, ...]
) -> None:
    """It keeps the layout that was traced."""
    data: list[Any] = batches(*sizes)
    masks = None
    if masked:
        masks = [torch.arange(4) <= torch.arange(size)[:, None] % 4 for size in sizes]
        data = [{"x": x, "attention_mask": m} for x, m in zip(data, masks, strict=True)]
    examine(make_of(layout), data, LAYOUTS[layout][1], masks=masks, must=EITHER)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_inputs_and_targets(layout: str) -> None:
    data = [(x, torch.arange(len(x))) for x in batches(6, 6)]
    examine(make_of(layout), data, LAYOUTS[layout][1], nulls=1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_that_can_be_read_once(layout: str) -> None:
    read: list[int] = []

    def stream() -> Any:
        for at, batch in enumerate(batches(6, 6, 6)):
            read.append(at)
            yield batch

    models = [make_of(layout)(seed) for seed in (0, 1)]
    found = run_compare(*models, stream(), folds=3)
    assert read == [0, 1, 2]
    assert found.inputs == found.pair("layer").n_items == 18
    assert found.pair("layer").n_samples == 72


class Biased(nn.Module):
    """Beside x, a bias (T, T) that belongs to no input, and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 4)

    def forward(self, x: Tensor, bias: Tensor, scale: Any = 1.0) -> Any:
        h = torch.tanh(self.embed(x))
        return self.layer((bias.softmax(-1) @ h).transpose(0, 1) * scale)


@pytest.mark.parametrize("n_inputs", [6, 4])
@pytest.mark.parametrize("scale", [2.0, torch.tensor(2.0), torch.full((1,), 2.0)])
def test_tensors_of_a_batch_that_belong_to_no_input(n_inputs: int, scale: Any) -> None:
    bias = inputs(4, 4, seed=9)
    data = [{"x": x, "bias": bias, "scale": scale} for x in batches(n_inputs, n_inputs)]
    examine(
        lambda seed: seeded(seed, Biased), data, lambda out: out.transpose(0, 1),
        must=ANSWER if n_inputs != 4 else EITHER,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_nested_leaves_of_a_batch_move_together(kind: Any) -> None:
    """{"parts": [x, y]}: permuting one without the other would run other inputs."""

    class Parts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 4)

        def forward(self, parts: Any) -> Any:
            x, y = parts.values() if isinstance(parts, dict) else parts
            return self.layer((self.embed(x) * self.embed(y)).transpose(0, 1))

    data = [
        {"parts": {"x": x, "y": y} if kind is dict else kind((x, y))}
        for x, y in zip(batches(6, 6), reversed(batches(6, 6)), strict=True)
    ]  # fmt: skip
    examine(
        lambda seed: seeded(seed, Parts), data, lambda out: out.transpose(0, 1),
        must=EITHER,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_batch_and_an_empty_one_are_still_refused(layout: str) -> None:
    models = [make_of(layout)(seed) for seed in (0, 1)]
    for data in ([], [torch.zeros(0, 4, 5)]):
        with pytest.raises(REFUSALS):
            run_compare(*models, data)

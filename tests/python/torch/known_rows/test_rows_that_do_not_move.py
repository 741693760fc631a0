"""Slices that are equal are untested: dead layers, zeros, equal inputs. None is of no input."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import ANSWER, EITHER, Around, examine, inputs, seeded

LAYOUTS: dict[str, tuple[Any, Any]] = {
    "tokens": (lambda h: h, lambda out: out),
    "time first": (lambda h: h.transpose(0, 1), lambda out: out.transpose(0, 1)),
    "flattened": (lambda h: h.flatten(0, 1), lambda out: out.unflatten(0, (-1, 4))),
}


def data() -> list[Tensor]:
    return [inputs(6, 4, 5, seed=seed) for seed in range(3)]


def dead() -> Any:
    layer: Any = nn.Sequential(nn.Linear(6, 4), nn.ReLU())
    nn.init.constant_(layer[0].bias, -99.0)
    return layer


def saturated() -> Any:
    layer: Any = nn.Sequential(nn.Linear(6, 4), nn.Hardtanh())
    nn.init.constant_(layer[0].bias, 99.0)
    return layer


def zeros() -> Any:
    """The B of a fresh LoRA."""
    layer: Any = nn.Sequential(nn.Linear(6, 2, bias=False), nn.Linear(2, 4, bias=False))
    nn.init.zeros_(layer[1].weight)
    return layer


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("build", [dead, saturated, zeros])
def test_dead_layers_are_not_of_no_input(build: Any, layout: str) -> None:
    before, lay = LAYOUTS[layout]
    examine(
        lambda seed: seeded(seed, lambda: Around(build(), before)), data(), lay, layer="layer.1",
        must=EITHER, others=("embed", "layer.0"),
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dead_in_one_model_alone(layout: str) -> None:
    before, lay = LAYOUTS[layout]

    def alive() -> nn.Module:
        return nn.Sequential(nn.Linear(6, 4), nn.ReLU())

    examine(
        lambda seed: seeded(seed, lambda: Around(dead(), before)), data(), lay, layer="layer.1",
        make_b=lambda seed: seeded(seed, lambda: Around(alive(), before)), must=EITHER,
        others=("embed", "layer.0"),
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dead_for_most_inputs(layout: str) -> None:
    """A ReLU that fires for one input in three: the others are equal."""
    before, lay = LAYOUTS[layout]
    batches = data()
    for batch in batches:
        batch[1::3], batch[2::3] = -50.0, -60.0

    def build() -> nn.Module:
        layer: Any = nn.Sequential(nn.Linear(6, 4), nn.ReLU())
        with torch.no_grad():
            layer[0].weight.abs_()
            layer[0].bias.fill_(0.3)
        model = Around(layer, before)
        with torch.no_grad():
            model.embed.weight.abs_()
        return model

    examine(lambda seed: seeded(seed, build), batches, lay, layer="layer.1", must=EITHER, folds=2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_input_several_times(layout: str) -> None:
    before, lay = LAYOUTS[layout]
    batches = data()
    for batch in batches:
        batch[3], batch[4] = batch[0], batch[1]
    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)), batches, lay,
        must=ANSWER, nulls=1,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_first_batch_of_equal_inputs(layout: str) -> None:
    before, lay = LAYOUTS[layout]
    batches = data()
    batches[0][:] = batches[0][0].clone()
    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)), batches, lay,
        must=ANSWER if layout == "tokens" else EITHER,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_token_everywhere_in_an_input(layout: str) -> None:
    """Embeddings of one repeated token: positions are equal, inputs are not."""
    before, lay = LAYOUTS[layout]
    batches = [batch[:, :1].expand(6, 4, 5).clone() for batch in data()]
    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)), batches, lay, nulls=1
    )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_few_tokens_that_repeat_in_all_inputs(layout: str) -> None:
    """Of words, most inputs share most: slices of positions are often equal."""
    before, lay = LAYOUTS[layout]
    generator = torch.Generator().manual_seed(0)

    class Words(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Embedding(3, 6), nn.Linear(6, 4)

        def forward(self, ids: Tensor) -> Any:
            return self.layer(before(self.embed(ids)))

    batches = [torch.randint(0, 3, (6, 4), generator=generator) for _ in range(3)]
    examine(lambda seed: seeded(seed, Words), batches, lay, nulls=1)

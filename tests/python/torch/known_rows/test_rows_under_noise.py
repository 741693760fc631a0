"""Layers that give other values each time, of coarse numbers, or with a state."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import ANSWER, EITHER, LEFT_OUT, Around, examine, inputs, run_compare, seeded

STOCHASTIC = "(?i)stochastic|random|noise|differs? between (two )?(equal )?runs|twice"
LAYOUTS: dict[str, tuple[Any, Any]] = {
    "tokens": (lambda h: h, lambda out: out),
    "time first": (lambda h: h.transpose(0, 1), lambda out: out.transpose(0, 1)),
    "flattened": (lambda h: h.flatten(0, 1), lambda out: out.unflatten(0, (-1, 4))),
}


def data(n_inputs: int = 6, count: int = 3) -> list[Tensor]:
    return [inputs(n_inputs, 4, 5, seed=seed) for seed in range(count)]


class Noise(nn.Module):
    """Noise of a generator of its own, which nobody can set back, or of torch's."""

    def __init__(self, own: bool) -> None:
        super().__init__()
        self.generator = torch.Generator() if own else None

    def forward(self, h: Tensor) -> Tensor:
        return h + torch.randn(h.shape, generator=self.generator, dtype=h.dtype)

    def __deepcopy__(self, _memo: Any) -> Noise:
        return Noise(self.generator is not None)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_noise_in_eval_is_named_and_left_out(layout: str) -> None:
    before, lay = LAYOUTS[layout]
    examine(
        lambda seed: seeded(seed, lambda: Around(Noise(own=True), before)), data(), lay,
        must=LEFT_OUT, reason=STOCHASTIC,
    )  # fmt: skip


def test_noise_that_follows_torchs_seed_is_never_of_no_input() -> None:
    """Both models draw the same: the answer is theirs, or it is named."""
    models = [seeded(seed, lambda: Around(Noise(own=False), after=None)) for seed in (0, 1)]
    found = run_compare(*models, data())
    assert "embed" in found
    assert "layer" in found or "no input" not in found.left_out["layer"]


class PerTensor(nn.Module):
    """Rounded as int8 with one scale for the whole tensor."""

    def forward(self, h: Tensor) -> Tensor:
        scale = h.abs().max() / 127
        return torch.round(h / scale) * scale


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rounding_per_tensor(layout: str) -> None:
    before, lay = LAYOUTS[layout]
    examine(
        lambda seed: seeded(
            seed, lambda: Around(nn.Sequential(nn.Linear(6, 4), PerTensor()), before)
        ),
        data(), lay, layer="layer.1", nulls=1,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_batch_norm_in_eval(layout: str) -> None:
    before, lay = LAYOUTS[layout]

    def build() -> nn.Module:
        norm: Any = nn.BatchNorm1d(6 if layout == "flattened" else 4)
        nn.init.normal_(norm.running_mean)
        return Around(
            norm, lambda h: before(h) if layout == "flattened" else h.mT[:, :4].contiguous()
        )

    laid = lay if layout == "flattened" else (lambda out: out.mT)
    examine(lambda seed: seeded(seed, build), data(), laid, nulls=1)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_narrow_types(layout: str, dtype: torch.dtype) -> None:
    before, lay = LAYOUTS[layout]
    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Linear(6, 4), before)).to(dtype),
        [batch.float() for batch in data(24, 4)], lay, nulls=1, atol=1e-4,
    )  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gates_that_are_nearly_closed(layout: str) -> None:
    """Values of 1e-6 beside a constant of 1: inputs differ by little, but differ."""
    before, lay = LAYOUTS[layout]

    class Nearly(nn.Module):
        def forward(self, h: Tensor) -> Tensor:
            return 1 + 1e-6 * h

    examine(
        lambda seed: seeded(seed, lambda: Around(nn.Sequential(nn.Linear(6, 4), Nearly()), before)),
        data(), lay, layer="layer.1", atol=1e-4,
    )  # fmt: skip


class Keeps(nn.Module):
    """A state that goes on from call to call: a buffer, and a plain attribute."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 4)
        self.register_buffer("mean", torch.zeros(6))
        self.last: Any = None

    def forward(self, x: Tensor) -> Any:
        h = torch.tanh(self.embed(x))
        self.mean = 0.5 * self.mean + h.mean((0, 1)).detach()
        self.last = h.mean() if self.last is None else self.last + h.mean()
        return self.layer(h + self.mean + self.last)


def test_a_model_with_a_state_against_itself() -> None:
    model: Any = seeded(0, Keeps)
    before = model.mean.clone()
    for b in (model, seeded(0, Keeps)):
        found = run_compare(model, b, data())
        assert found["layer"].similarity(0.0) == 1.0
        assert torch.equal(model.mean, before)
        assert model.last is None


def test_batch_statistics_are_said_or_right() -> None:
    """Inputs depend on each other through a batch's mean: they move all the same."""

    class Centred(nn.Module):
        def forward(self, h: Tensor) -> Tensor:
            return h - h.mean(0, keepdim=True)

    for layout in ("tokens", "flattened"):
        before, lay = LAYOUTS[layout]
        examine(
            lambda seed, before=before: seeded(seed, lambda: Around(Centred(), before)),  # type: ignore[misc]
            data(), lay, must=ANSWER if layout == "tokens" else EITHER,
        )  # fmt: skip

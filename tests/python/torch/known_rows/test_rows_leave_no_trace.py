"""Measurement leaves no trace, whether it ends well, or a model raises in any of its runs."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import REFUSALS, Around, Read, inputs, run_compare, seeded
from spanmatch.torch import capture


class Kept(nn.Module):
    """All that a run could change: buffers, statistics, a cache, modes of its own."""

    count: Tensor
    cache: Tensor

    def __init__(self, raises_at: int | None = None, only_sorted: bool = False) -> None:
        super().__init__()
        self.embed, self.norm = nn.Linear(5, 6), nn.BatchNorm1d(6)
        self.layer, self.drop, self.gru = nn.Linear(6, 4), nn.Dropout(0.5), nn.GRU(6, 4)
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("cache", torch.zeros(2, 6), persistent=False)
        self.embed.weight.requires_grad_(False)
        self.norm.eval()
        self.raises_at, self.only_sorted = raises_at, only_sorted

    def forward(self, x: Tensor) -> Any:
        # Counted where no module's state is looked for.
        RUNS.append(x.shape)
        if self.raises_at is not None and len(RUNS) > self.raises_at:
            raise LookupError("broken on purpose")
        if self.only_sorted and not bool((x[:, 0, 0].diff() >= 0).all()):
            raise RuntimeError("inputs must be sorted")
        self.count += 1
        h = torch.tanh(self.embed(x))
        self.cache[:] = h[:2, 0]
        h = self.norm(h.flatten(0, 1)).unflatten(0, x.shape[:2])
        return self.gru(self.drop(h).transpose(0, 1))[0].sum() + self.layer(h) + torch.rand(())


RUNS: list[Any] = []


def data() -> list[Tensor]:
    batches = [inputs(6, 4, 5, seed=seed) for seed in range(3)]
    for batch in batches:
        batch[:, 0, 0] = batch[:, 0, 0].sort().values
    return batches


def state(model: nn.Module) -> dict[str, Any]:
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {
        "values": {name: each.clone() for name, each in tensors.items()},
        "places": {name: each.data_ptr() for name, each in tensors.items()},
        "gradients": [(each.requires_grad, each.grad) for each in model.parameters()],
        "modes": [part.training for part in model.modules()],
        "hooks": [
            {kind: len(held) for kind, held in vars(part).items() if "_hooks" in kind and held}
            for part in model.modules()
        ],
        "attributes": [sorted(part.__dict__) for part in model.modules()],
        "methods": [part.forward.__func__ for part in model.modules()],  # type: ignore[attr-defined]
        "torch": torch.get_rng_state(),
        "numpy": [repr(part) for part in np.random.get_state()],  # noqa: NPY002
        "python": random.getstate(),
        "flags": (
            torch.is_grad_enabled(), torch.is_inference_mode_enabled(),
            torch.is_autocast_enabled("cpu"), torch.is_autocast_cache_enabled(),
            torch.are_deterministic_algorithms_enabled(), torch.get_default_dtype(),
            torch.backends.mha.get_fastpath_enabled(), torch.get_num_threads(),
        ),
    }  # fmt: skip


def check(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name in before:  # noqa: PLC0206
        if name == "values":
            assert before[name].keys() == after[name].keys()
            for key, value in before[name].items():
                assert torch.equal(value, after[name][key]), key
        elif name == "torch":
            assert torch.equal(before[name], after[name])
        else:
            assert before[name] == after[name], name


def watched(models: tuple[nn.Module, ...], work: Any) -> Any:
    RUNS.clear()
    before = [state(model) for model in models]
    with suppress(*REFUSALS):
        work()
    for model, was in zip(models, before, strict=True):
        check(was, state(model))


def pair(**options: Any) -> tuple[nn.Module, ...]:
    return tuple(seeded(seed, lambda: Kept(**options)).train() for seed in (0, 1))


@pytest.mark.parametrize("layers", [None, ["layer", "gru"]])
def test_after_a_comparison(layers: Any) -> None:
    models = pair()
    watched(models, lambda: run_compare(*models, data(), layers=layers, nulls=2, folds=3))
    assert len(RUNS) >= 6


@pytest.mark.parametrize("run", range(10))
def test_after_an_error_in_any_run(run: int) -> None:
    """Of the plain pass, of the trace, of either model."""
    models = pair(raises_at=run)
    watched(models, lambda: run_compare(*models, data(), layers=["layer"]))


def test_a_permuted_run_that_raises_is_no_error() -> None:
    models = pair(only_sorted=True)
    before = [state(model) for model in models]
    found = run_compare(*models, data(), folds=3)
    for model, was in zip(models, before, strict=True):
        check(was, state(model))
    assert found.inputs == 18
    for layer in found:
        assert found.pair(layer).n_items == 18
    for layer in found.left_out:
        assert layer in dict(models[0].named_modules())


def test_an_interrupt_comes_through_and_leaves_nothing() -> None:
    class Interrupts(Around):
        def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
            RUNS.append(0)
            if len(RUNS) == stop:
                raise KeyboardInterrupt
            return super().forward(x)

    for stop in range(1, 6):  # noqa: B007 (the model reads it)
        models = tuple(seeded(seed, lambda: Interrupts(nn.Linear(6, 4))) for seed in (0, 1))
        before = [state(model) for model in models]
        RUNS.clear()
        with suppress(KeyboardInterrupt):
            run_compare(*models, data())
        for model, was in zip(models, before, strict=True):
            check(was, state(model))


def test_batches_stay_as_they_are() -> None:
    class Overwrites(Around):
        def forward(self, x: Tensor, attention_mask: Any = None) -> Any:
            return super().forward(x.mul_(2))

    models = [seeded(seed, lambda: Overwrites(nn.Linear(6, 4))) for seed in (0, 1)]
    for kind in (lambda x: x, lambda x: {"x": x}, lambda x: (x, 0)):
        batches = data()
        run_compare(*models, [kind(batch) for batch in batches])
        for batch, was in zip(batches, data(), strict=True):
            assert torch.equal(batch, was)


def test_random_numbers_of_python_and_numpy_go_on() -> None:
    def draw(h: Tensor) -> Tensor:
        return h * (1 + 0 * (random.random() + np.random.rand()))  # noqa: NPY002

    models = tuple(seeded(seed, lambda: Around(Read(draw))) for seed in (0, 1))
    watched(models, lambda: run_compare(*models, data()))


def test_the_measured_pass_sees_the_state_that_the_user_left() -> None:
    """The trace's runs must not count: a model that counts its runs gives what it always gave."""

    class Counts(nn.Module):
        runs: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 4)
            self.register_buffer("runs", torch.zeros(()))

        def forward(self, x: Tensor) -> Any:
            self.runs += 1
            return self.layer(torch.tanh(self.embed(x)) * self.runs)

    model = seeded(0, Counts)
    (rows,) = (rows for _, rows in capture(model, data()[:1], ["layer"]))
    with torch.no_grad():
        wanted = model.layer(torch.tanh(model.embed(data()[0])))  # type: ignore[operator]
    assert torch.allclose(rows, wanted.flatten(0, 1))
    assert model.runs == 0


def test_capture_leaves_nothing_between_yields_nor_when_it_is_left() -> None:
    model = pair()[0]
    before = state(model)
    rows = capture(model, data(), ["layer"])
    for _ in range(2):
        next(rows)
        check(before, state(model))
    rows.close()  # type: ignore[attr-defined]
    check(before, state(model))

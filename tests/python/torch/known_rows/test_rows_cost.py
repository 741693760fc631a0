"""How often the trace runs a model on the first batch, and that it stays as little as it says."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor, nn

from known_rows import inputs, run_compare, seeded


class Text(nn.Module):
    """Words and positions, attention under a mask, and a pooler: BERT's parts; or causal, GPT's."""

    def __init__(self, length: int, *, causal: bool = False) -> None:
        super().__init__()
        self.words, self.positions = nn.Embedding(50, 8), nn.Embedding(length, 8)
        self.register_buffer("position_ids", torch.arange(length)[None])
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.norm, self.act, self.out = nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 8)
        self.causal = causal

    def forward(self, input_ids: Tensor, attention_mask: Any = None) -> Any:
        where: Any = self.position_ids
        h = self.words(input_ids) + self.positions(where[:, : input_ids.shape[1]])
        hidden = None if attention_mask is None else attention_mask == 0
        size = h.shape[1]
        later = torch.ones(size, size, dtype=torch.bool).triu(1) if self.causal else None
        h = h + self.attention(h, h, h, key_padding_mask=hidden, attn_mask=later)[0]
        return self.out(self.act(self.norm(h)))


class Noisy(nn.Module):
    """Noise on what it is given, that follows torch's seed."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Any:
        h = self.embed(x)
        return self.layer(h + torch.randn(h.shape, dtype=h.dtype))


def count_runs(build: Any, data: list[Any]) -> tuple[int, Any]:
    """How often A runs, and what is told."""
    a, b = (seeded(seed, build) for seed in (0, 1))
    runs = 0

    def count(*_: Any) -> None:
        nonlocal runs
        runs += 1

    handle = a.register_forward_hook(count)
    found = run_compare(a, b, data)
    handle.remove()
    return runs, found


def texts(length: int, *, masked: bool) -> list[Any]:
    ids = torch.randint(0, 50, (6, length), generator=torch.Generator().manual_seed(0))
    mask = torch.arange(length) < torch.tensor([length, 3, 5, length, 4, 5])[:, None]
    return [{"input_ids": ids, **({"attention_mask": mask.long()} if masked else {})}]


@pytest.mark.parametrize("n_batches", [1, 3])
def test_networks_of_vectors_and_maps_run_twice_more(n_batches: int) -> None:
    def mlp() -> nn.Module:
        return nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 4))

    def convolutions() -> nn.Module:
        return nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3))

    for build, shape in ((mlp, (9, 8)), (convolutions, (9, 3, 8, 8))):
        data = [inputs(*shape, seed=seed) for seed in range(n_batches)]
        runs, found = count_runs(build, data)
        assert runs == 2 + n_batches
        assert not found.left_out


# Of 6 inputs: positions whose output no shape can lay out by inputs, and such as one could.
@pytest.mark.parametrize("length", [7, 12])
def test_texts_run_twice_more_and_once_for_their_mask(length: int) -> None:
    for causal in (False, True):
        for masked in (False, True):
            runs, found = count_runs(
                lambda causal=causal: Text(length, causal=causal),
                texts(length, masked=masked),
            )
            assert runs == 1 + 2 + masked
            assert set(found.left_out) == {"positions"}
            assert "random" not in found.left_out["positions"]


def test_what_is_random_takes_one_run_more() -> None:
    runs, found = count_runs(Noisy, [inputs(6, 4, 5)])
    assert runs == 1 + 2 + 1
    assert set(found) == {"embed"}
    assert "random" in found.left_out["layer"]


def test_what_is_drawn_alone_is_random_and_not_merely_the_same() -> None:
    """It moves with no input, but is another in the next run: its stream goes on."""

    class Drawn(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Linear(6, 6)

        def forward(self, ids: Tensor) -> Any:
            h = torch.nn.functional.one_hot(ids, 5).to(self.embed.weight.dtype)
            return self.embed(h) + self.layer(torch.randn(1, 12, 6, dtype=h.dtype))

    runs, found = count_runs(Drawn, [torch.arange(72).reshape(6, 12) % 5])
    assert runs == 1 + 2 + 1
    assert "random" in found.left_out["layer"]


def test_a_state_that_counts_makes_outputs_differ() -> None:
    """An output of no input that is another in every run depends on what was run before."""

    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Linear(1, 6)
            self.register_buffer("steps", torch.arange(12.0)[:, None])

        def forward(self, ids: Tensor) -> Any:
            steps: Any = self.steps
            steps += 1
            h = torch.nn.functional.one_hot(ids, 5).to(self.embed.weight.dtype)
            return self.embed(h) + self.layer(steps)

    runs, found = count_runs(Counts, [torch.arange(72).reshape(6, 12) % 5])
    assert runs == 1 + 2 + 1
    assert "before" in found.left_out["layer"]


def test_embeddings_of_positions_among_images_take_one_run_more() -> None:
    """Noise on the images does not move them: they are made of something else."""

    class Patches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches, self.positions = nn.Conv2d(3, 8, 2, 2), nn.Embedding(12, 8)
            self.norm = nn.LayerNorm(8)

        def forward(self, x: Tensor) -> Any:
            return self.norm(self.patches(x).flatten(2).mT + self.positions(torch.arange(12)[None]))

    runs, found = count_runs(Patches, [inputs(6, 3, 6, 8)])
    assert runs == 1 + 2 + 1
    assert set(found) == {"patches", "norm"}

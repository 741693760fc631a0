"""Models that see different inputs: `data_b`, whose batches correspond to those of `data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import spanmatch as sm
from spanmatch.torch import compare

if TYPE_CHECKING:
    from collections.abc import Iterator

rng = torch.Generator().manual_seed(5)
CLEAN = torch.randn(240, 8, generator=rng)
NOISY = CLEAN + 0.3 * torch.randn(CLEAN.shape, generator=rng)


def make(seed: int, wide: int = 6) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(8, wide), nn.Tanh(), nn.Linear(wide, 3))


class Reader(nn.Module):
    """A tower for texts, beside one for images."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.embed, self.out = nn.Embedding(30, 5), nn.Linear(5, 4)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        return self.out(self.embed(input_ids))


class Viewer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(8)
        self.conv, self.out = nn.Conv2d(3, 6, 3), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Any:
        return self.out(self.conv(x).mean((2, 3)))


def test_clean_and_noisy_inputs_are_those_of_hand_made_rows() -> None:
    a, b = make(0), make(1)
    found = compare(a, b, CLEAN.split(60), data_b=NOISY.split(60), nulls=2, seed=3, progress=False)
    assert found.inputs == 240
    for layer, depth in (("0", 1), ("1", 2), ("2", 3)):
        pair = sm.ActivationPair(nulls=2, seed=3)
        for x, y in zip(CLEAN.split(60), NOISY.split(60), strict=True):
            pair.update(a[:depth](x).detach(), b[:depth](y).detach())
        expected = sm.spectrum(pair)
        np.testing.assert_allclose(found[layer].x, expected.x, rtol=1e-5)
        np.testing.assert_allclose(found[layer].y, expected.y, rtol=1e-5)
        assert found.pair(layer).n_nulls == 2
    same = compare(a, b, CLEAN.split(60), progress=False)
    assert compare(a, b, CLEAN.split(60), data_b=CLEAN.split(60), progress=False) == same
    assert not np.allclose(same["2"].x, found["2"].x, rtol=1e-3)


def test_images_and_texts() -> None:
    ids = torch.randint(30, (48, 7), generator=rng)
    lengths = torch.randint(2, 8, (48,), generator=rng)
    mask = (torch.arange(7) < lengths[:, None]).long()
    images = torch.randn(48, 3, 9, 9, generator=rng)
    texts = [
        {"input_ids": i, "attention_mask": m}
        for i, m in zip(ids.split(16), mask.split(16), strict=True)
    ]
    a, b = Viewer(), Reader()
    found = compare(
        a, b, images.split(16), data_b=texts, layers=["out"], layers_b=["out"], progress=False
    )
    y = b(ids, mask).detach()
    means = (y * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    expected = sm.measures(a(images).detach(), means)
    assert sm.measures(found.pair("out")).linear_cka == pytest.approx(expected.linear_cka, rel=1e-4)
    every = compare(
        a, b, images.split(16), data_b=texts, layers="*", all_pairs=True, progress=False
    )
    assert sm.measures(every.pair(("out", "out"))).linear_cka == pytest.approx(
        expected.linear_cka, rel=1e-4
    )


def test_batches_that_do_not_correspond() -> None:
    def run(data: Any, data_b: Any) -> Any:
        return compare(make(0), make(1), data, data_b=data_b, progress=False)

    clean, noisy = CLEAN.split(60), NOISY.split(60)
    with pytest.raises(ValueError, match=r"`data_b` ends after 3 batches"):
        run(clean, noisy[:3])
    with pytest.raises(ValueError, match=r"`data` ends after 3 batches"):
        run(clean[:3], noisy)
    with pytest.raises(ValueError, match=r"batch 1 .* 60 inputs in `data` and 59 in `data_b`"):
        run(clean, [noisy[0], noisy[1][:59], *noisy[2:]])
    with pytest.raises(TypeError, match=r"`data_b`: data is one Tensor"):
        run(clean, NOISY)
    assert run(clean, noisy).inputs == 240
    # What is not read need not correspond.
    first = compare(make(0), make(1), clean, data_b=noisy[:3], max_batches=2, progress=False)
    assert first.inputs == 120


class Masked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.l = nn.Linear(3, 4)

    def forward(self, x: Tensor, attention_mask: Tensor | None = None) -> Any:
        return self.l(x)


@pytest.mark.parametrize("totals", ["alike", "other"])
def test_rows_that_are_masked_otherwise_are_averaged(totals: str) -> None:
    """As many rows are no proof that they are the same: here each is of another input."""
    model = Masked()
    # All positions of an input are alike, so that means over any of them agree.
    xs = [torch.randn(6, 1, 3).expand(6, 5, 3).clone() for _ in range(5)]
    of_a = torch.tensor([[1, 1, 1, 1, 1], [1, 0, 0, 0, 0]] * 3)
    of_b = of_a.flip(0) if totals == "alike" else of_a.cumsum(0).clamp(max=1)
    a, b = ([{"x": x, "attention_mask": mask} for x in xs] for mask in (of_a, of_b))
    found = compare(model, model, a, data_b=b, progress=False)
    assert sm.measures(found.pair("l")).linear_cka == pytest.approx(1.0)
    assert found.pair("l").n_samples == 30
    assert found.notes["l"] == "mean over positions: A and B have different masks"
    every = compare(model, model, a, data_b=b, layers="l", all_pairs=True, progress=False)
    assert sm.measures(every.pair(("l", "l"))).linear_cka == pytest.approx(1.0)


def test_each_is_read_once() -> None:
    def forget(batches: Any) -> Iterator[Any]:
        yield from batches

    clean, noisy = CLEAN.split(60), NOISY.split(60)
    once = compare(make(0), make(1), forget(clean), data_b=forget(noisy), progress=False)
    assert once == compare(make(0), make(1), clean, data_b=noisy, progress=False)

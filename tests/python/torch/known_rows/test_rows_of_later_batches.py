"""What a later batch shows of rows: what the first could not, whose inputs were all alike."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import spanmatch as sm
from known_rows import seeded
from spanmatch.torch import capture, compare

if TYPE_CHECKING:
    from collections.abc import Iterator


def cka(comparison: Any, layer: str) -> float:
    return sm.measures(comparison.pair(layer)).linear_cka


class Sorting(nn.Module):
    """Sorts its inputs by length within, as packing does."""

    def __init__(self, *, sorts: bool) -> None:
        super().__init__()
        self.sorts, self.l, self.head = sorts, nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor, lengths: Tensor) -> Any:
        order = torch.arange(len(x))
        if self.sorts:
            order = lengths.argsort(descending=True, stable=True)
        return self.head(self.l(x[order])[order.argsort()])


def make_lengths(*lengths: Tensor) -> list[dict[str, Tensor]]:
    torch.manual_seed(1)
    return [{"x": torch.randn(len(each), 5, 3), "lengths": each} for each in lengths]


EVEN = torch.full((12,), 5)
UNEVEN = torch.tensor([3, 1, 5, 2, 4, 1, 3, 2, 5, 4, 1, 2])


def test_inputs_that_are_sorted_by_length_once_they_differ() -> None:
    a, b = (seeded(0, partial(Sorting, sorts=sorts)) for sorts in (False, True))
    with pytest.raises(ValueError, match=r"layer 'l'.*batch 2 .*put a batch first in which inputs"):
        compare(a, b, make_lengths(EVEN, EVEN, UNEVEN), progress=False)
    found = compare(a, b, make_lengths(UNEVEN, EVEN), progress=False)
    assert "l" in found.left_out
    assert cka(found, "head") == pytest.approx(1.0)
    # What nobody looks at does no harm.
    later = compare(a, b, make_lengths(EVEN, UNEVEN), layers=["!l"], progress=False)
    assert cka(later, "head") == pytest.approx(1.0)


class Selecting(nn.Module):
    """Drops the positions that are padding."""

    def __init__(self) -> None:
        super().__init__()
        self.l, self.act = nn.Linear(3, 4), nn.Tanh()

    def forward(self, x: Tensor, lengths: Tensor) -> Any:
        return self.act(self.l(x)[torch.arange(x.shape[1]) < lengths[:, None]])


def test_ragged_rows_after_full_ones() -> None:
    ragged = torch.tensor([5, 1] * 6)  # 36 rows are 3 for each of 12, and are not
    with pytest.raises(ValueError, match="layer 'act'"):
        list(capture(seeded(0, Selecting), make_lengths(EVEN, ragged), layers="act"))


class Turned(nn.Module):
    def __init__(self, *, time_first: bool) -> None:
        super().__init__()
        self.time_first, self.l, self.act = time_first, nn.Linear(3, 4), nn.ReLU()

    def forward(self, x: Tensor) -> Any:
        h = self.l(x)
        return self.act(h.transpose(0, 1) if self.time_first else h)


def test_a_layer_that_was_dead_at_first() -> None:
    def make(time_first: bool) -> nn.Module:
        model = seeded(0, partial(Turned, time_first=time_first))
        model.l.weight.data.abs_()  # type: ignore[union-attr, operator]
        model.l.bias.data.fill_(-40.0)  # type: ignore[union-attr, operator]
        return model

    torch.manual_seed(1)
    dead, alive = torch.rand(12, 12, 3) * 0.1, torch.rand(12, 12, 3) * 60
    with pytest.raises(ValueError, match=r"layer 'act'.*batch 1 .*the same for all inputs"):
        compare(make(False), make(True), [dead, alive], layers=["act"], progress=False)
    # One that stays so, is compared as it is.
    assert compare(make(False), make(False), [dead, dead], progress=False)["act"].area == 0.0


class Timed(nn.Module):
    """One activation for a step that is the same for all inputs, and for the inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.time, self.l, self.act = nn.Linear(1, 4), nn.Linear(3, 4), nn.SiLU()

    def forward(self, x: Tensor) -> Any:
        time = self.act(self.time(x.new_full((len(x), 1), 7.0)))
        return self.act(self.l(x) + time)


def test_a_layer_of_which_one_call_is_the_same_for_all_inputs() -> None:
    torch.manual_seed(1)
    batches = list(torch.randn(24, 3).split(12))
    found = compare(seeded(0, Timed), seeded(1, Timed), batches, progress=False)
    assert {"act#0", "act#1"} <= set(found.layers)
    assert found.pair("act#1").n_samples == 24
    assert 0.0 < cka(found, "act#1") < 1.0


def refill(batches: list[Tensor]) -> Iterator[Tensor]:
    """Give every batch in the same memory."""
    memory = torch.empty_like(batches[0])
    for batch in batches:
        yield memory.copy_(batch)


@pytest.mark.parametrize("n_inputs", [1, 2, 6])
def test_batches_in_one_memory(n_inputs: int) -> None:
    model = seeded(0, lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 4)))
    batches = [torch.randn(n_inputs, 3).double() for _ in range(9)]
    rows = torch.cat([part.rows for part in capture(model, refill(batches), layers="2")])
    torch.testing.assert_close(rows, model(torch.cat(batches)).detach())


class Writing(nn.Module):
    """Writes over what it is given, if it likes."""

    def __init__(self, *, writes: bool) -> None:
        super().__init__()
        self.writes, self.l, self.out = writes, nn.Linear(3, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor, extra: dict[str, Any]) -> Any:
        held = extra["held"][0]
        return self.out(torch.tanh(self.l(x + (held.relu_() if self.writes else held))))


def test_what_lies_within_a_batch_is_copied_too() -> None:
    torch.manual_seed(0)
    data = [
        {"x": torch.randn(12, 3).double(), "extra": {"held": [torch.randn(12, 3).double()]}}
        for _ in range(4)
    ]
    before = [each["extra"]["held"][0].clone() for each in data]  # type: ignore[index]
    a, b = (seeded(0, partial(Writing, writes=writes)) for writes in (True, False))
    found = compare(a, b, data, progress=False)
    for each, held in zip(data, before, strict=True):
        assert torch.equal(each["extra"]["held"][0], held)  # type: ignore[index]
    rows = [
        torch.cat(
            [
                model(each["x"], {"held": [held.clone()]})
                for each, held in zip(data, before, strict=True)
            ]
        )
        for model in (a, b)
    ]
    expected = sm.spectrum(*(part.detach() for part in rows))
    np.testing.assert_allclose(found["out"].x, expected.x, rtol=1e-4)


def test_a_layer_that_gives_a_vector_later() -> None:
    class Squeezing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.l, self.squeeze = nn.Linear(3, 4), Squeeze()

        def forward(self, x: Tensor) -> Any:
            return self.squeeze(self.l(x))

    class Squeeze(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.squeeze()

    x = torch.randn(25, 3)
    model = seeded(0, Squeezing)
    with pytest.raises(
        ValueError, match=r"'squeeze' returned a tensor of .* 1 axes.*for the first"
    ):
        compare(model, model, [x[:12], x[12:24], x[24:]], progress=False)


def test_inputs_are_counted_where_constants_come_first_or_no_tensor_does() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.l = nn.Linear(3, 4)

        def forward(self, temperature: Tensor, x: Tensor) -> Any:
            return self.l(x * temperature)

    model = seeded(0, Scaled)
    data = [{"temperature": torch.ones(1), "x": torch.randn(12, 6, 3)} for _ in range(2)]
    found = compare(model, model, data, progress=False)
    assert (found.inputs, found.pair("l").n_samples) == (24, 144)

    class Letters(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(128, 4)

        def forward(self, texts: list[str]) -> Any:
            return self.embed(torch.tensor([[ord(letter) for letter in text] for text in texts]))

    texts = [{"texts": [f"{at:04d}" for at in range(first, first + 12)]} for first in (0, 12)]
    reader = seeded(0, Letters)
    assert compare(reader, reader, texts, progress=False).inputs == 24

"""Which positions count: masks of a batch, brought to the layers that have its positions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from observing import seen
from spanmatch.torch.observing.activations import Activations


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(9, 4)
        self.where = nn.Embedding(6, 4)
        self.classed = nn.Linear(4, 4)
        self.pooled = nn.Linear(4, 4)

    def forward(self, ids: Tensor, attention_mask: Any = None, ok: Any = None) -> Any:
        x = self.embed(ids) + self.where(torch.arange(ids.shape[1])[None])
        self.classed(torch.cat([x[:, :1], x], 1))
        return self.pooled(x.mean(1))


IDS = torch.arange(18).reshape(3, 6) % 9
MASK = torch.tensor([[1, 1, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 0, 0]])
FITTING = ["embed", "pooled"]


@pytest.mark.parametrize(
    ("batch", "mask"),
    [
        ({"ids": IDS, "attention_mask": MASK}, None),
        ({"ids": IDS, "ok": MASK.bool()}, "ok"),
        ({"ids": IDS, "ok": MASK, "attention_mask": 1 - MASK}, "ok"),
        (IDS, lambda _: MASK),
        ((IDS, MASK), lambda batch: batch[1]),
        ({"ids": IDS, "attention_mask": 1 - MASK}, lambda _: MASK.tolist()),
    ],
)
def test_masks(batch: Any, mask: Any) -> None:
    net = Tokens()
    found = seen(net, batch, FITTING, mask=mask)
    kept = [(b, t) for b in range(3) for t in range(6) if MASK[b, t]]
    assert torch.equal(
        found["embed"].rows(), torch.stack([net.embed.weight[IDS[at]] for at in kept])
    )
    assert found["pooled"].rows().shape == (3, 4)
    assert found["pooled"].mask is None


def test_no_mask() -> None:
    for batch, mask in ((IDS, None), ({"ids": IDS, "attention_mask": MASK}, lambda _: None)):
        found = seen(Tokens(), batch, mask=mask)
        assert found["embed"].rows().shape == (18, 4)
        # The embedding of positions is of no input.
        assert "where" not in found


@pytest.mark.parametrize(
    ("mask", "kind", "words"),
    [
        (lambda _: MASK, ValueError,
         r"layer 'classed' \(Linear\), batch 0.*6 positions.*\(3, 7, 4\) has 7.*`mask`"),
        (lambda _: MASK * 1.0, TypeError, "batch 0.*float32"),
        (lambda _: MASK * 2, ValueError, "batch 0.*0 and 1"),
        ("no", TypeError, "`mask` is 'no', but the batch is no mapping"),
    ],
)  # fmt: skip
def test_masks_that_do_not_fit(mask: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        seen(Tokens(), IDS, "classed", mask=mask)


def test_a_mask_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="`mask` is 'no', but the batch holds 'ids'"):
        seen(Tokens(), {"ids": IDS}, mask="no")


def test_means() -> None:
    found = seen(Tokens(), {"ids": IDS, "attention_mask": MASK}, "embed")["embed"]
    for item in range(3):
        wanted = found.values[item, MASK[item] == 1].mean(0)
        torch.testing.assert_close(found.means()[item], wanted)
    maps = torch.randn(3, 4, 5, 6)
    torch.testing.assert_close(Activations(maps, 1).means(), maps.mean((2, 3)))
    # What is masked does not count, be it NaN.
    holed = found.values.masked_fill(~MASK.bool()[..., None], torch.nan)
    assert torch.equal(Activations(holed, 2, MASK.bool()).means(), found.means())
    empty = MASK.clone()
    empty[1] = 0
    with pytest.raises(ValueError, match="item 1 of the batch"):
        Activations(found.values, 2, empty.bool()).means()
    flat = torch.randn(3, 4)
    assert torch.equal(Activations(flat, 1).means(), flat)
    assert Activations(flat, 1).means().data_ptr() != flat.data_ptr()

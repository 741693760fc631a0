"""Layers that are left out of a comparison: too wide, too large for memory, of no input."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn

from spanmatch import Comparison
from spanmatch.torch import compare
from spanmatch.torch.comparing.budget import count_in_pass, count_sums
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.observing.layer_size import NO_SIZE

if TYPE_CHECKING:
    from pathlib import Path


class Words(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.embed, self.where = nn.Embedding(11, 4), nn.Embedding(5, 4)
        self.wide, self.head = nn.Linear(4, 30), nn.Linear(30, 3)

    def forward(self, ids: Tensor) -> Any:
        x = self.embed(ids) + self.where(torch.arange(ids.shape[1]))
        return self.head(self.wide(x).tanh())


IDS = torch.randint(11, (120, 5), generator=torch.Generator().manual_seed(0)).split(30)
A, B = Words(0), Words(1)


def test_what_is_of_no_input_is_left_out_and_listed(tmp_path: Path) -> None:
    found = compare(A, B, IDS, progress=False)
    assert found.layers == ("embed", "wide", "head")
    assert list(found.left_out) == ["where"]
    assert "left out: where: " in repr(found)
    assert "left out: where: " in found._repr_html_()
    assert found.to_dict()["left_out"] == dict(found.left_out)
    found.save(tmp_path)
    assert Comparison.load(tmp_path).left_out == found.left_out
    assert Comparison.load(tmp_path) == found


def test_a_named_layer_is_not_left_out() -> None:
    with pytest.raises(ValueError, match=r"layer 'where' \(Embedding\), batch 0"):
        compare(A, B, IDS, layers=["embed", "where"], progress=False)
    assert "where" in compare(A, B, IDS, layers=["embed", "w*"], progress=False).left_out


def test_layers_wider_than_asked_for_are_left_out() -> None:
    found = compare(A, B, IDS, max_neurons=29, progress=False)
    assert found.layers == ("embed", "head")
    assert found.left_out["wide"] == "it has 30 neurons, more than `max_neurons`"
    every = compare(A, B, IDS, layers="*", all_pairs=True, max_neurons=29, progress=False)
    assert ("wide", "embed") not in every
    assert "wide" in every.left_out
    assert ("embed", "head") in every


def test_what_sums_take() -> None:
    assert count_sums(30, 30, CompareOptions()) == 8 * 60 * 60
    assert count_sums(2, 3, CompareOptions(nulls=7, folds=4)) == 8 * (25 * 5 + 7 * 6)
    size = replace(NO_SIZE, n_neurons=30, n_calls=2, n_bytes=5)
    assert count_in_pass(size, size, CompareOptions()) == 2 * 8 * 60 * 60 + 5


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"max_neurons": 0}, "`max_neurons` must be at least 1"),
        ({"input_axis": -1}, "input_axis"),
        ({"input_axis": 1, "trace": False}, "need rows to be traced"),
    ],
)
def test_wrong_options(wrong: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CompareOptions(**wrong)

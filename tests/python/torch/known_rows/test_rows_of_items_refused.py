"""What is no `items`, contradicts another argument, or is not how rows lie: refused in words."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
import torch
from torch import Tensor

from concatenated import COUNTS, make, make_graphs
from known_rows import REFUSALS, inputs, run_compare

EDGES = ([4, 2, 6, 3, 5, 3], [3, 3, 7, 1, 4, 5])


def graphs() -> list[dict[str, Tensor]]:
    return [make_graphs(*each, seed=at) for at, each in enumerate(zip(COUNTS, EDGES, strict=True))]


@pytest.mark.parametrize("counts", [[5, 2, 4, 3, 2, 1], [17], [1] * 17])
def test_counts_that_are_not_those_of_the_model_are_refused(counts: list[int]) -> None:
    data = [make_graphs(COUNTS[0], EDGES[0])]
    with pytest.raises(REFUSALS, match="items"):
        run_compare(make(0), make(1), data, items=lambda _: counts, layers=["head", "layer"])


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ("nodes", "'nodes', but the batch holds"),
        (3, "`items` is a int"),
        (["counts"], "`items` is a list"),
        (lambda _: None, "gave a NoneType"),
        (lambda _: [], "empty"),
        (lambda _: [[1, 2]], "shape"),
        (lambda _: [1.5, 2.0], "float64"),
        (lambda _: torch.tensor([True]), "bool"),
        (lambda _: [3, -1], "-1 rows for input 1"),
        (lambda _: [3, 0, 14], r"input 1 of the batch \(counted from 0\) has no rows"),
        (lambda _: 17, "shape"),
    ],
)
def test_wrong_items_are_refused(items: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        run_compare(make(0), make(1), graphs(), items=items)


@pytest.mark.parametrize("other", [{"mask": "batch"}, {"input_axis": 1}], ids=str)
def test_what_contradicts_items_is_refused(other: Any) -> None:
    with pytest.raises(ValueError, match=f"`{next(iter(other))}`"):
        run_compare(make(0), make(1), graphs(), items="counts", **other)


def test_a_mask_in_the_batch_is_refused() -> None:
    data = [{**batch, "attention_mask": torch.ones(2, 2).bool()} for batch in graphs()]
    with pytest.raises(ValueError, match="attention_mask"):
        run_compare(make(0), make(1), data, items="counts")


def test_errors_name_the_batch() -> None:
    data = graphs()
    data[1]["counts"] = torch.tensor([17, 0])
    with pytest.raises(ValueError, match=r"batch 1 \(counted from 0\): input 1 of the batch"):
        run_compare(make(0), make(1), data, items="counts")
    data[1]["counts"] = torch.tensor([16, 3])
    with pytest.raises(
        ValueError, match=r"batch 1 .* 18 rows on its first axis, where `items` has 19"
    ):
        run_compare(make(0), make(1), data, items="counts")


def test_a_key_asks_for_a_mapping() -> None:
    with pytest.raises(TypeError, match="no mapping"):
        run_compare(make(0), make(1), [inputs(6, 5)], items="counts")

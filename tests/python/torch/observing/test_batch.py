"""Batches as loaders give them: what the model is given of them, and what is told of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from library_models import MASK, TEXT, bert
from spanmatch.torch import capture, compare, layer_info
from spanmatch.torch.observing.batch import name_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = TEXT["input_ids"]
PARTS = ["embeddings", "encoder.layer.1", "pooler"]


class Masked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 4)

    def forward(self, ids: Tensor, attention_mask: Any = None, labels: Any = None) -> Any:
        assert labels is None
        return self.embed(ids)


class Plain(Masked):
    def forward(self, ids: Tensor) -> Any:  # type: ignore[override]
        return self.embed(ids)


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
@pytest.mark.parametrize("kind", [torch.long, torch.bool, torch.float32])
def test_ids_and_mask_are_as_a_mapping_of_both(kind: torch.dtype) -> None:
    model = bert()
    loader = DataLoader(TensorDataset(IDS, MASK.to(kind)), batch_size=3)
    found, wanted = (dict(capture(model, data, PARTS)) for data in (loader, [TEXT]))
    assert found.keys() == wanted.keys()
    assert found["embeddings"].shape[0] == int(MASK.sum())
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    shapes = [layer.shape for layer in layer_info(model, (IDS, MASK), PARTS)]
    assert shapes == [layer.shape for layer in layer_info(model, TEXT, PARTS)]
    comparison = compare(bert(), model, loader, layers=PARTS[:1], progress=False)
    assert comparison.pair("embeddings").n_samples == int(MASK.sum())


@pytest.mark.parametrize(
    ("model", "batch", "mask"),
    [
        (Masked(), (IDS, MASK.flip(1)), True),
        (Masked(), (IDS[..., None].expand(3, 5, 2), MASK), True),
        (Masked(), (IDS, MASK), True),
        # Targets.
        (Plain(), (IDS, MASK), False),
        (Masked(), (IDS, 2 * MASK), False),
        (Masked(), (IDS, MASK[:, 0]), False),
        (Masked(), (IDS, MASK[:, 1:]), False),
        (Masked(), (IDS[0], MASK), False),
        (Masked(), (IDS, "words"), False),
        (Masked(), [IDS], False),
        (Masked(), IDS, False),
    ],
)
def test_what_is_a_mask(model: nn.Module, batch: Any, mask: bool) -> None:
    given = name_inputs(batch, model)
    if mask:
        assert isinstance(given, dict)
        assert list(given) == ["ids", "attention_mask"]
        assert given["attention_mask"] is batch[1]
    else:
        assert given is (batch if isinstance(batch, Tensor) else batch[0])


@pytest.mark.parametrize("second", [[[1, 0, 1, 0, 0]] * 3, [[0, 0, 0, 0, 0]] * 3])
def test_what_may_be_a_mask_or_targets(second: Any) -> None:
    with pytest.raises(ValueError, match=r"batch 0.*mask with gaps, or targets: pass \{'ids': ids"):
        dict(capture(Masked(), [(IDS, torch.tensor(second))]))
    with_gaps = MASK.roll(2, 1)
    for batch, mask in (
        ({"ids": IDS, "attention_mask": with_gaps}, None),
        ((IDS, with_gaps), lambda batch: batch[1]),
    ):
        found = dict(capture(Masked(), [batch], mask=mask))
        assert found["embed"].shape == (int(MASK.sum()), 4)


def test_a_mask_by_function_sees_the_batch_as_it_came() -> None:
    seen: list[Any] = []
    batch = (IDS, MASK)

    def take_second(batch: Any) -> Any:
        seen.append(batch)
        return batch[1]

    dict(capture(Masked(), [batch], mask=take_second))
    assert seen
    # A copy at most: it may have been read ahead.
    assert all(type(each) is tuple and torch.equal(each[1], MASK) for each in seen)


def test_labels_are_never_given() -> None:
    for model in (Masked(), Anything()):
        found = dict(capture(model, [{"ids": IDS, "labels": IDS}]))
        assert found["embed"].shape == (15, 4)


class Anything(Masked):
    def forward(self, **parts: Any) -> Any:  # type: ignore[override]
        assert parts.keys() == {"ids"}
        return self.embed(parts["ids"])


@pytest.mark.parametrize("batch", [{"image": IDS, "target": IDS}, {"labels": IDS, "image": IDS}])
def test_a_mapping_of_which_the_model_takes_nothing(batch: Any) -> None:
    for model, taken in ((Plain(), "'ids'"), (Masked(), "'attention_mask', 'ids', 'labels'")):
        with pytest.raises(ValueError, match=rf"batch 0 .*'image'.*the model takes {taken}"):
            dict(capture(model, [batch]))
        with pytest.raises(ValueError, match=r"'image'"):
            layer_info(model, batch)


class Numbered(Dataset[Tensor]):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, at: int) -> Tensor:
        return torch.ones(3)


class Batched(Numbered):
    def __iter__(self) -> Iterator[Tensor]:
        yield torch.ones(4, 3)


class Streamed(IterableDataset[Tensor]):
    def __iter__(self) -> Iterator[Tensor]:
        yield torch.ones(4, 3)


def test_a_data_set_is_no_loader() -> None:
    model = nn.Sequential(nn.Linear(3, 2))
    data: Any
    for data in (Numbered(), TensorDataset(torch.ones(4, 3))):
        for ask in (capture, lambda model, data: compare(model, model, data, progress=False)):
            with pytest.raises(TypeError, match=r"Dataset|Numbered") as caught:
                ask(model, data)
            assert "DataLoader(data, batch_size=64)" in str(caught.value)
    for data in (Batched(), Streamed(), DataLoader(Numbered(), batch_size=4)):
        assert dict(capture(model, data))["0"].shape == (4, 2)


IMAGE = torch.randn(3, 8, 8)


@pytest.mark.parametrize(
    "data", [[IMAGE], [IMAGE, IMAGE], [[IMAGE]], [[IMAGE, IMAGE]], [IMAGE[:1]]]
)
def test_images_are_no_batches(data: Any) -> None:
    channels = (data[0][0] if isinstance(data[0], list) else data[0]).shape[0]
    model = nn.Sequential(
        nn.Conv2d(channels, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(1, 5)
    )
    with pytest.raises(ValueError, match=r"\(\d, 8, 8\), which is one input to a Conv2d.*stack"):
        dict(capture(model, data, "3"))
    assert not any(module._forward_pre_hooks for module in model.modules())


class Spectrograms(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> Any:
        return self.conv(x[:, None])


def test_batches_of_three_axes_are_batches() -> None:
    assert dict(capture(Spectrograms(), [[IMAGE, IMAGE]]))["conv"].shape == (3 * 36, 2)
    assert dict(capture(nn.Conv1d(8, 2, 1), [IMAGE], ""))[""].shape == (24, 2)

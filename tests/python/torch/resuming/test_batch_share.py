"""The shares of several processes: together all batches, and none read by two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

pytest.importorskip("torch")
from torch.utils.data import DataLoader

from spanmatch.torch.loading.data.batches import Examples, cut_into_batches
from spanmatch.torch.resuming.batch_share import BatchShare

if TYPE_CHECKING:
    from collections.abc import Iterator

READ: list[int] = []


class Numbers:
    """A data set that says what is read of it."""

    def __len__(self) -> int:
        return 23

    def __getitem__(self, number: int) -> int:
        READ.append(number)
        return number


class Stream:
    """Batches that are made one after the other."""

    def __len__(self) -> int:
        return 6

    def __iter__(self) -> Iterator[list[int]]:
        for first in range(0, 23, 4):
            yield list(range(first, min(first + 4, 23)))


def batch_of(numbers: list[int]) -> list[int]:
    READ.extend(numbers)
    return numbers


BATCHES: dict[str, Any] = {
    "a list": list(Stream()),
    "a stream": Stream(),
    "our own": cut_into_batches(Examples(23, cast("Any", batch_of)), 4, None),
    "a loader": DataLoader(Numbers(), batch_size=4, collate_fn=list),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize("stop", [None, 3, 99])
def test_shares_make_up_the_whole(kind: str, size: int, stop: int | None) -> None:
    READ.clear()
    shares = [BatchShare(BATCHES[kind], rank, size, stop) for rank in range(size)]
    found = [list(share) for share in shares]
    assert [len(share) for share in shares] == [len(share) for share in found]
    whole = list(Stream())[:stop]
    assert [found[number % size][number // size] for number in range(len(whole))] == whole
    assert sum(map(len, found)) == len(whole)
    if kind in ("our own", "a loader"):
        assert sorted(READ) == [number for batch in whole for number in batch]


def test_a_share_can_be_gone_through_again() -> None:
    for batches in BATCHES.values():
        share = BatchShare(batches, 1, 2, None)
        assert list(share) == list(share) == [[4, 5, 6, 7], [12, 13, 14, 15], [20, 21, 22]]

"""The shuffling of data for nulls, which need a random order, and the note on it."""

from __future__ import annotations

from spanmatch.torch.loading.data.named import has_splits

SHUFFLED = (
    "for the nulls the data were shuffled: a model whose outputs depend on the other inputs of a "
    "batch, as those of int8 models do, gives other figures than in the order of the data"
)


def is_shuffled(data: str, nulls: int) -> bool:
    """Tell whether data of this name are shuffled for nulls; those of a function are not.

    >>> is_shuffled("digits", 19), is_shuffled("digits", 0), is_shuffled("data.py:batches", 19)
    (True, False, False)
    """
    return nulls > 0 and has_splits(data) is not None


def explain_shuffling(data: str, nulls: int) -> str:
    """Return the note on data that are shuffled for nulls; "" for other data."""
    return SHUFFLED if is_shuffled(data, nulls) else ""

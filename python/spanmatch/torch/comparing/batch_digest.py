"""Hashes of batches, which show whether data are the same when they are read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from spanmatch.torch.observing.graph_batch import is_graph_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIZE = 8  # bytes of a digest
LIMIT = 2 ** (8 * SIZE)
IN_ONE_ORDER = "pass them in one order, without random changes (shuffle=False)"
SECOND_PASS = f"in a second pass over the data: {IN_ONE_ORDER}, or allow more by `max_memory`"


class BatchLog:
    """The digests of the batches that were read, in their order.

    Parameters
    ----------
    digests
        The digests of batches that were read before.
    """

    def __init__(self, digests: Iterable[int] = ()) -> None:
        self._digests: list[int | None] = list(digests)

    @property
    def digest(self) -> int | None:
        """One number for all batches in any order; None if a batch has no digest.

        The numbers of several processes add up to the number of one process with all batches.
        """
        known = [each for each in self._digests if each is not None]
        return sum(known) % LIMIT if len(known) == len(self._digests) else None

    def note(self, batches: Iterable[Any]) -> Iterator[Any]:
        """Yield batches that are read for the first time."""
        self._digests = []
        for batch in batches:
            try:
                self._digests.append(digest_batch(batch))
            except TypeError:
                self._digests.append(None)
            yield batch

    def compare(self, batches: Iterable[Any], where: str = SECOND_PASS) -> Iterator[Any]:
        """Yield batches that are read again, and check them; errors name `where` they are.

        Raises
        ------
        ValueError
            The batches differ from those of the first time.
        """
        number = 0
        for number, batch in enumerate(batches, start=1):
            if number > len(self._digests) or digest_batch(batch) != self._digests[number - 1]:
                raise _describe_difference(number - 1, where)
            yield batch
        if number < len(self._digests):
            raise _describe_difference(number, where)


def digest_batch(batch: Any) -> int:
    """Return a hash below `LIMIT` of all values of a batch, with their types and names.

    Raises
    ------
    TypeError
        The batch holds an object that has no hash of its content.

    Examples
    --------
    >>> digest_batch({"x": torch.zeros(2)}) == digest_batch({"x": torch.zeros(2)})
    True
    >>> digest_batch({"x": torch.zeros(2)}) == digest_batch({"x": torch.zeros(1, 2)})
    False
    """
    found = blake2b(digest_size=SIZE)
    for part in _list_parts(batch):
        found.update(part)
    return int.from_bytes(found.digest(), "little")


def _list_parts(value: Any) -> Iterator[bytes]:
    """Yield bytes that determine a value."""
    yield f"<{type(value).__name__}".encode()
    if isinstance(value, Tensor) and value.layout == torch.strided and not value.is_nested:
        yield f"{value.dtype}{tuple(value.shape)}".encode()
        held = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
        held = held.reshape(-1).view(torch.uint8)
        yield held.numpy().tobytes()
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype}{value.shape}".encode()
        yield value.tobytes()
    elif is_graph_batch(value):
        yield from _list_parts(value.to_dict())
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield repr(name).encode()
            yield from _list_parts(part)
    elif isinstance(value, tuple | list):
        for at, part in enumerate(value):
            # Both models may be given the same batch.
            yield from [b"="] if at and part is value[at - 1] else _list_parts(part)
    elif isinstance(value, str | bytes | int | float | complex | np.generic | None):
        yield repr(value).encode()
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _list_parts(getattr(value, field.name))
    else:
        raise TypeError(
            f"a batch holds a {type(value).__name__}, of which it cannot be told whether it is the "
            "same when the data are read again"
        )
    yield b">"


def _describe_difference(number: int, where: str) -> ValueError:
    return ValueError(f"batch {number} (counted from 0) is another one {where}")

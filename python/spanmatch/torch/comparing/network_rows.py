"""The rows of one network on disk: the outputs of its layers for each batch, with input hashes.

The networks need not be in memory together, since each runs alone and is then released.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.atomic import replacing
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_json import parse_json, read_json, write_json
from spanmatch.base.plain_values import (
    take,
    take_count,
    take_counts,
    take_list,
    take_named_texts,
    take_text,
    take_texts,
)
from spanmatch.base.safetensors_file import Tensor as SavedTensor
from spanmatch.base.safetensors_file import open_tensors, write_tensors
from spanmatch.torch.observing.activations import Activations
from spanmatch.torch.observing.items import RowCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from spanmatch.base.safetensors_file import TensorReader
    from spanmatch.torch.comparing.collector import Call

KIND = "NetworkRows"
RUN = "network.json"
DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "BOOL": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


@dataclass(frozen=True)
class NetworkRun:
    """The record of a network that has run over all batches, without its rows."""

    layers: tuple[str, ...]
    """Its layers, in the order in which they are matched with those of other networks."""
    named: tuple[str, ...]
    """The layers that the user asked for by their whole names."""
    calls: Mapping[str, int]
    """The number of runs of each layer that can be read."""
    widths: Mapping[str, int]
    """The number of neurons of each of these layers."""
    left_out: Mapping[str, str]
    """The reasons why other layers cannot be read."""
    digests: tuple[int, ...]
    """The digest of every batch."""
    inputs: int


class NetworkRows:
    """The folder of one network: a file for each batch, and `network.json` where it has run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_run(self) -> NetworkRun | None:
        """Return the record of the network; None if it has not run over all batches.

        Raises
        ------
        FileError
            `network.json` is damaged.
        """
        path = self._folder / RUN
        if not path.exists():
            return None
        plain = read_json(path)
        try:
            return NetworkRun(
                tuple(take_texts(plain, "layers")),
                tuple(take_texts(plain, "named")),
                _take_named_counts(plain, "calls"),
                _take_named_counts(plain, "widths"),
                take_named_texts(plain, "left_out"),
                tuple(int(digest, 16) for digest in take_texts(plain, "digests")),
                take_count(plain, "inputs", least=1),
            )
        except ValueError as error:
            raise describe_damage(path, error, f"delete {self._folder}") from error

    def write_run(self, run: NetworkRun) -> None:
        """Write `network.json`, the record of the network after its run over all batches."""
        digests = [f"{digest:016x}" for digest in run.digests]
        write_json(self._folder / RUN, {**asdict(run), "digests": digests})

    def write_batch(self, number: int, outputs: Mapping[Call, Activations]) -> None:
        """Write the outputs of the layers for one batch, with neurons on the last axis."""
        tensors: dict[str, SavedTensor] = {}
        calls: list[dict[str, Any]] = []
        for at, ((layer, call), each) in enumerate(outputs.items()):
            tensors[f"{at}"] = _take_bytes(each.values)
            if each.mask is not None:
                tensors[f"{at}.mask"] = _take_bytes(each.mask)
            counts = None if each.counts is None else [each.counts.kind, each.counts.counts]
            calls.append({"layer": layer, "call": call, "counts": counts})
        with replacing(self._find_batch(number)) as unfinished:
            write_tensors(unfinished, tensors, {"spanmatch": KIND, "calls": json.dumps(calls)})

    def read_call(self, number: int, call: Call) -> Activations:
        """Return the output of one call of a layer for one batch.

        Raises
        ------
        FileError
            The file is missing or damaged, or has no such call.
        """
        path = self._find_batch(number)
        if not path.is_file():
            raise FileError(f"{path}, the rows of a batch, is missing: delete {self._folder}")
        try:
            with open_tensors(path) as reader:
                return _read_activations(reader, call)
        except FileError as error:
            raise FileError(f"{error}: delete {self._folder}") from error
        except (KeyError, RuntimeError, ValueError) as error:
            raise describe_damage(path, error, f"delete {self._folder}") from error

    def _find_batch(self, number: int) -> Path:
        return self._folder / f"{number:06d}.safetensors"


class RowsWriter:
    """The collector of a single network, which writes the outputs of its layers.

    Parameters
    ----------
    rows
        The files of the rows.
    """

    def __init__(self, rows: NetworkRows) -> None:
        self._rows = rows
        self._outputs: dict[Call, Activations] = {}
        self._batch = 0
        self.calls: dict[str, int] = {}
        self.widths: dict[str, int] = {}

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Do nothing, since there is no other network."""

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Keep an output until the end of the batch."""
        self._outputs[layer, call] = activations.copy()
        self.widths[layer] = activations.n_neurons

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Write the batch."""
        self._rows.write_batch(self._batch, self._outputs)
        (of_network,) = calls
        self.calls = dict(of_network)
        self._outputs = {}
        self._batch += 1


def _take_named_counts(holder: object, name: str) -> dict[str, int]:
    return {each: take_count(take(holder, name), each) for each in take(holder, name)}


def _take_bytes(tensor: Tensor) -> SavedTensor:
    laid = tensor.detach().cpu().contiguous()
    return SavedTensor(
        NAMES[laid.dtype], tuple(laid.shape), laid.reshape(-1).view(torch.uint8).numpy()
    )


def _read_activations(reader: TensorReader, call: Call) -> Activations:
    """Return the output of one call from a file, and check it.

    Raises
    ------
    KeyError, RuntimeError, ValueError
        The file does not hold this output as it was written.
    """
    calls = take_list({"calls": parse_json(take_text(reader.metadata, "calls"))}, "calls")
    names = [(take_text(each, "layer"), take_count(each, "call")) for each in calls]
    at = names.index(call)
    values, mask = _read_tensor(reader, f"{at}"), None
    if f"{at}.mask" in reader.entries:
        mask = _read_tensor(reader, f"{at}.mask")
        if mask.dtype != torch.bool or mask.shape != values.shape[:-1]:
            raise ValueError("a mask is not of the positions of its values")
    counts, told = None, take(calls[at], "counts")
    if told is not None:
        kind, of_items = take_list(calls[at], "counts")
        counts = RowCounts(str(kind), tuple(take_counts({"counts": of_items}, "counts")))
        if counts.total != values.shape[0] or mask is not None:
            raise ValueError("the rows of the items are not those of the values")
    return Activations(values, values.ndim - 1, mask, counts)


def _read_tensor(reader: TensorReader, name: str) -> Tensor:
    dtype, shape, data = reader.read(name)
    return torch.from_numpy(data).view(DTYPES[dtype]).reshape(shape)

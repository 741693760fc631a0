"""The rows of one network on disk: what its layers gave, batch by batch, with a hash of the inputs.

So a network need not be in memory with the others: it runs when it is its turn, and is let go.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from spanmatch.base.atomic import replacing
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.plain_json import read_json, write_json
from spanmatch.torch.observing.activations import Activations
from spanmatch.torch.observing.items import RowCounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from torch import Tensor

    from spanmatch.torch.comparing.collector import Call

KIND = "NetworkRows"
RUN = "network.json"


@dataclass(frozen=True)
class NetworkRun:
    """What a network has told that has run over all batches, but for its rows."""

    layers: tuple[str, ...]
    """In the order in which they are matched with those of other networks."""
    named: tuple[str, ...]
    """Those that were asked for by their whole names."""
    calls: Mapping[str, int]
    """How often each of them that can be read ran."""
    widths: Mapping[str, int]
    """How many neurons each of these has."""
    left_out: Mapping[str, str]
    """Why others cannot be read."""
    digests: tuple[int, ...]
    """Of the inputs of every batch."""
    inputs: int


class NetworkRows:
    """The folder of one network: a file for each batch, and `network.json` where it has run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_run(self) -> NetworkRun | None:
        """Return what the network has told; None where it has not run to its end.

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
                tuple(plain["layers"]),
                tuple(plain["named"]),
                dict(plain["calls"]),
                dict(plain["widths"]),
                dict(plain["left_out"]),
                tuple(int(digest, 16) for digest in plain["digests"]),
                plain["inputs"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise describe_damage(path, error, f"delete {self._folder}") from error

    def write_run(self, run: NetworkRun) -> None:
        """Write `network.json`: that the network has run over all batches, and what it told."""
        digests = [f"{digest:016x}" for digest in run.digests]
        write_json(self._folder / RUN, {**asdict(run), "digests": digests})

    def write_batch(self, number: int, outputs: Mapping[Call, Activations]) -> None:
        """Write what the layers gave for one batch, their neurons last."""
        tensors: dict[str, Tensor] = {}
        calls: list[dict[str, Any]] = []
        for at, ((layer, call), each) in enumerate(outputs.items()):
            tensors[f"{at}"] = each.values.detach().cpu().contiguous()
            if each.mask is not None:
                # Layers may share one, which safetensors refuses.
                tensors[f"{at}.mask"] = each.mask.cpu().clone()
            counts = None if each.counts is None else [each.counts.kind, each.counts.counts]
            calls.append({"layer": layer, "call": call, "counts": counts})
        path = self._find_batch(number)
        with replacing(path) as unfinished:
            mode = unfinished.stat().st_mode
            try:
                save_file(tensors, unfinished, {"spanmatch": KIND, "calls": json.dumps(calls)})
            except SafetensorError as error:
                raise OSError(f"{path} cannot be written: {error}") from error
            unfinished.chmod(mode)

    def read_call(self, number: int, call: Call) -> Activations:
        """Return what one call of a layer gave for one batch.

        Raises
        ------
        FileError
            The file is missing or damaged, or has no such call.
        """
        path = self._find_batch(number)
        if not path.is_file():
            raise FileError(f"{path}, the rows of a batch, is missing: delete {self._folder}")
        try:
            with safe_open(path, framework="pt") as file:
                calls = json.loads((file.metadata() or {})["calls"])
                names = [(each["layer"], each["call"]) for each in calls]
                at = names.index(call)
                values = file.get_tensor(f"{at}")
                has_mask = f"{at}.mask" in file.keys()  # noqa: SIM118
                mask = file.get_tensor(f"{at}.mask") if has_mask else None
                counts = calls[at]["counts"]
        except (KeyError, SafetensorError, TypeError, ValueError) as error:
            raise describe_damage(path, error, f"delete {self._folder}") from error
        of_items = None if counts is None else RowCounts(counts[0], tuple(counts[1]))
        return Activations(values, values.ndim - 1, mask, of_items)

    def _find_batch(self, number: int) -> Path:
        return self._folder / f"{number:06d}.safetensors"


class RowsWriter:
    """The collector of one network alone, which writes what its layers give.

    Parameters
    ----------
    rows
        Where they go.
    """

    def __init__(self, rows: NetworkRows) -> None:
        self._rows = rows
        self._outputs: dict[Call, Activations] = {}
        self._batch = 0
        self.calls: dict[str, int] = {}
        self.widths: dict[str, int] = {}

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Take nothing: there is no other network."""

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Take what a layer gives until the batch is done."""
        self._outputs[layer, call] = activations.copy()
        self.widths[layer] = activations.n_neurons

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Write the batch."""
        self._rows.write_batch(self._batch, self._outputs)
        (of_network,) = calls
        self.calls = dict(of_network)
        self._outputs = {}
        self._batch += 1

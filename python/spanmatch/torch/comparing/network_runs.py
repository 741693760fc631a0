"""Networks that run one after the other over all batches; their rows are summed at the end.

Only one of them is in memory at a time.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import prefix_errors
from spanmatch.base.memory import format_bytes
from spanmatch.base.progress import show_progress
from spanmatch.comparison.keys import name_call
from spanmatch.torch.comparing.batch_digest import IN_ONE_ORDER, BatchLog, digest_batch
from spanmatch.torch.comparing.every_network import check_counts
from spanmatch.torch.comparing.lockstep import Lockstep
from spanmatch.torch.comparing.matched_layers import choose_of_network, match_layers
from spanmatch.torch.comparing.model_batches import ModelData
from spanmatch.torch.comparing.network_groups import LayerOfNetworks, SummedLayer
from spanmatch.torch.comparing.network_rows import NetworkRows, NetworkRun, RowsWriter
from spanmatch.torch.comparing.present_layers import PresentLayers, find_too_large, find_wide
from spanmatch.torch.observing.said_of_layers import keep_matching, split_choice
from spanmatch.torch.observing.traced_batches import read_ahead

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from torch import nn

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.comparing.matched_layers import NetworkLayers
    from spanmatch.torch.comparing.network_groups import NetworkGroup
    from spanmatch.torch.comparing.options import CompareOptions


def run_network(
    network: str,
    model: nn.Module,
    data: Iterable[Any],
    *,
    layers: NetworkLayers,
    options: CompareOptions,
    folder: Path,
    before: Mapping[str, NetworkRun],
    n_networks: int,
    progress: bool,
    say: Callable[[str], object] = lambda _: None,
) -> NetworkRun:
    """Run one network over all batches, write its rows, and return its record.

    Parameters
    ----------
    network, model
        The name of the network, and the network.
    data
        The batches, which are read anew for each network.
    layers, options
        As `compare_many` takes them.
    folder
        Where its rows go.
    before
        The records of networks that have run already, which must have read the same data.
    n_networks
        The number of all networks, for the estimate of disk space that the first one reports.
    progress
        Show a bar on standard error.
    say
        Called with a sentence on the disk space of its rows, before they are written.

    Raises
    ------
    ValueError
        Its layers or its batches differ from those of another network; or as `compare`.
    OSError
        The rows do not fit on the disk.
    ModelError
        The network raised an error.
    """
    chosen, names = choose_of_network(model, network, layers)
    said = replace(
        options,
        axis=keep_matching(options.axis, chosen.modules),
        mask=keep_matching(options.mask, chosen.modules),
    )
    source = ModelData(data, None, options.max_batches, 1)
    lockstep = Lockstep((model,), (chosen,), said, (network,))
    batches, digests = source.read(), list[int]()
    if before:
        first, run = next(iter(before.items()))
        # Found out before it runs, as all are matched once they have run.
        match_layers({first: run.layers, network: names}, by_order=isinstance(layers, Mapping))
        others = f"for network {network!r} than for {first!r}: {IN_ONE_ORDER}"
        # Those that were read before, or an error.
        digests.extend(run.digests)
        batches = BatchLog(run.digests).compare(batches, others)
    first_batch = next(batches, None)
    if first_batch is None:
        raise ValueError("there is no batch in data: it is empty, or was read before")
    ahead = read_ahead(first_batch, batches, lockstep.count_ahead(first_batch))
    bar = show_progress(f"Running {network}", progress)
    with lockstep.observing(), bar as report:
        if options.trace:
            (sizes,) = lockstep.trace(ahead)
            wide = find_wide({k: size.n_neurons for k, size in sizes.items()}, options.max_neurons)
            lockstep.leave_out(wide)
            kept = sum(size.n_bytes for name, size in sizes.items() if name not in wide)
            n_batches = source.count()
            if n_batches is not None:
                _check_disk(folder, network, kept * n_batches, say, 1 if before else n_networks)
        writer = RowsWriter(NetworkRows(folder))
        for done, batch in enumerate(chain(ahead, batches), start=1):
            if not before:
                digests.append(digest_batch(batch))
            lockstep.run(batch, writer)
            total = source.count()
            if report is not None and total is not None:
                report(done, total)
    return NetworkRun(
        names,
        tuple(chosen.named),
        writer.calls,
        writer.widths,
        {**lockstep.left_out[0]},
        tuple(digests),
        lockstep.n_inputs,
    )


class RunNetworks:
    """Networks that have all run, and whose rows are summed layer by layer.

    Parameters
    ----------
    runs
        The records of the networks, by name.
    layers, options
        As `compare_many` takes them.
    groups
        Which networks are compared with which.
    budget
        The bytes that the sums of a layer may take; None for no limit.

    Raises
    ------
    ValueError
        The networks have different layers; a layer ran more often in one of them; or a glob of the
        options matches in no network.
    MemoryError
        The sums of a layer that was named do not fit, or no layer's sums fit.
    """

    def __init__(
        self,
        runs: Mapping[str, NetworkRun],
        layers: NetworkLayers,
        groups: Sequence[NetworkGroup],
        options: CompareOptions,
        budget: int | None,
    ) -> None:
        names = {network: run.layers for network, run in runs.items()}
        matched = match_layers(names, by_order=isinstance(layers, Mapping))
        self._runs, self.groups = runs, groups
        self.layers = PresentLayers(matched, tuple(runs), groups)
        for network, run in runs.items():
            self.layers.drop(network, run.left_out)
        for argument, said in (("axis", options.axis), ("mask", options.mask)):
            split_choice(argument, said, list(names.values()))  # for its errors
        gone = self.layers.explain_gone()
        self._calls = {key: self._count_calls(key) for key in matched if key not in gone}
        widths = {network: run.widths for network, run in runs.items()}
        needed = {
            key: self.layers.count_sums(key, widths) for key, n in self._calls.items() if n > 0
        }
        named = {key: self._is_named(key) for key in needed}
        gone |= find_too_large(needed, budget, named)
        self.left_out = {key: gone[key] for key in matched if key in gone}
        """The layers that cannot be compared, and why."""
        self.inputs = next(iter(runs.values())).inputs

    def list_keys(self) -> list[Key]:
        """Return the layers, in the order of the first network, each with its calls."""
        return list(self._list_calls())

    def sum_layer(
        self, key: Key, rows: Mapping[str, NetworkRows], numbers: Iterable[int]
    ) -> SummedLayer:
        """Return the sums of one call of a layer over these batches."""
        layer, call = self._list_calls()[key]
        names = self.layers.names[layer]
        sums = LayerOfNetworks(self.groups)
        for number in numbers:
            outputs = {
                network: rows[network].read_call(number, (name, call))
                for network, name in names.items()
            }
            with prefix_errors(f"layer {key!r}"):
                sums.add(outputs)
        return sums.finish()

    def _list_calls(self) -> dict[Key, tuple[str, int]]:
        return {
            name_call(key, call, count): (key, call)
            for key, count in self._calls.items()
            if key not in self.left_out
            for call in range(count)
        }

    def _count_calls(self, key: str) -> int:
        counts = {
            network: self._runs[network].calls.get(name, 0)
            for network, name in self.layers.names[key].items()
        }
        check_counts(key, counts)
        return next(iter(counts.values()))

    def _is_named(self, key: str) -> bool:
        names = self.layers.names[key].items()
        return any(name in self._runs[network].named for network, name in names)


def _check_disk(
    folder: Path,
    network: str,
    needed: int,
    say: Callable[[str], object],
    n_alike: int,
) -> None:
    """Report the disk space for the rows of a network, or raise OSError if it is too small.

    If other networks follow, report an estimate for all of them too: their layers may differ.
    """
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OSError(
            errno.ENOSPC,
            f"the rows of network {network!r} take about {format_bytes(needed)}, and "
            f"{format_bytes(free)} are free: choose fewer layers or inputs, or another folder",
            str(folder),
        )
    all_alike = (
        f"; those of {n_alike} such networks take {format_bytes(needed * n_alike)}, and "
        f"{format_bytes(free)} are free"
        if n_alike > 1
        else ""
    )
    say(
        f"{network}: its rows take about {format_bytes(needed)} on disk until all have run"
        f"{all_alike}"
    )

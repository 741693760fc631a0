"""Networks that run one after the other, each process over its share of the batches.

Each process keeps the rows of its own batches, so that it need not run them again after a resume.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from spanmatch.comparison.layer_files import name_file
from spanmatch.torch.comparing.batch_digest import IN_ONE_ORDER
from spanmatch.torch.comparing.network_rows import NetworkRows
from spanmatch.torch.comparing.network_runs import run_network
from spanmatch.torch.resuming.batch_share import BatchShare
from spanmatch.torch.resuming.folder import ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from spanmatch.torch.comparing.network_rows import NetworkRun
    from spanmatch.torch.resuming.config import NamedModel
    from spanmatch.torch.resuming.many_config import ManyConfig
    from spanmatch.torch.resuming.ranks import Ranks


@dataclass(frozen=True)
class NetworkShares:
    """Networks that have run: their records over all processes, and the rows of this one."""

    runs: Mapping[str, NetworkRun]
    """The records over all batches."""
    rows: Mapping[str, NetworkRows]
    """The rows of the batches of this process."""
    n_batches: int
    """The number of batches of this process, which may be 0."""


def run_networks(
    folder: Path,
    config: ManyConfig,
    ranks: Ranks,
    *,
    progress: bool,
    say: Callable[[str], object],
) -> NetworkShares:
    """Run the networks that have not run over all batches; return the records of all."""
    options = replace(config.options, device=ranks.device, max_batches=None)
    share = BatchShare(config.load_batches(), ranks.rank, ranks.size, config.options.max_batches)
    rows = {network: NetworkRows(_find_rows(folder, ranks, network)) for network in config.networks}
    here: dict[str, NetworkRun] = {}

    def run(network: str, model: NamedModel) -> NetworkRun | None:
        if len(share) == 0:
            return None
        path = _find_rows(folder, ranks, network)
        known = rows[network].read_run()
        if known is not None:
            _check_batches(known, here, path)
            say(f"{network}: has run already")
            here[network] = known
            return known
        path.mkdir(parents=True, exist_ok=True)
        here[network] = run_network(
            network,
            model.load(share),
            share,
            layers=config.layers,
            options=options,
            folder=path,
            before=here,
            n_networks=len(config.networks),
            progress=progress,
            say=say,
        )
        rows[network].write_run(here[network])
        say(f"{network}: has run")
        return here[network]

    runs = {
        network: _merge_runs(network, ranks.run_in_each(partial(run, network, model)))
        for network, model in config.networks.items()
    }
    return NetworkShares(runs, rows, len(share))


def _check_batches(known: NetworkRun, before: Mapping[str, NetworkRun], path: Path) -> None:
    """Raise ValueError if rows in the folder come from other batches."""
    for first, run in islice(before.items(), 1):
        if run.digests != known.digests:
            raise ValueError(
                f"{path} holds the rows of other batches than network {first!r} was given: "
                f"delete {path.parent}. As for batches, {IN_ONE_ORDER}"
            )


def _merge_runs(network: str, of_ranks: Sequence[NetworkRun | None]) -> NetworkRun:
    """Combine the records of a network over all processes; one without a batch has none."""
    filled = [(rank, run) for rank, run in enumerate(of_ranks) if run is not None]
    if not filled:
        raise ValueError("there is no batch in data: it is empty")
    first_rank, first = filled[0]
    for rank, run in filled[1:]:
        if (run.layers, run.calls, run.widths) != (first.layers, first.calls, first.widths):
            raise ValueError(
                f"the layers of network {network!r} ran differently over the batches of rank "
                f"{rank} than over those of rank {first_rank}: compare layers that always run alike"
            )
    return replace(
        first,
        digests=tuple(digest for _, run in filled for digest in run.digests),
        inputs=sum(run.inputs for _, run in filled),
    )


def _find_rows(folder: Path, ranks: Ranks, network: str) -> Path:
    """Return the folder for the rows of a network, which depends on the number of processes."""
    within = ROWS if ranks.size == 1 else f"{ROWS}/{ranks.rank}-of-{ranks.size}"
    return folder / name_file(within, network).removesuffix(".safetensors")

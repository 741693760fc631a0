"""A comparison of many networks in a folder that can be resumed.

`config.json` is written first. Each network runs in turn and leaves its rows in `rows/`, with
`network.json` once it has run over all batches. Then follow, layer by layer, the sums, their notes,
and the results for every two networks. `many.json` is written last, and then the rows are deleted.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from spanmatch.comparison.many import many_folder
from spanmatch.comparison.many.many_comparison import ManyComparison
from spanmatch.comparison.many.network_sums import SavedSums
from spanmatch.torch.comparing.network_answers import assemble_many, warn_of_too_few
from spanmatch.torch.resuming.folder import ROWS, claim_folder
from spanmatch.torch.resuming.many_answers import read_answers, write_answers
from spanmatch.torch.resuming.many_sums import sum_layers
from spanmatch.torch.resuming.network_shares import run_networks

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from spanmatch.torch.comparing.network_runs import RunNetworks
    from spanmatch.torch.resuming.many_config import ManyConfig
    from spanmatch.torch.resuming.ranks import Ranks


def compare_many_in(
    folder: str | PathLike[str],
    config: ManyConfig,
    ranks: Ranks,
    *,
    progress: bool = False,
    say: Callable[[str], object] = lambda _: None,
) -> ManyComparison | None:
    """Compare many networks as `compare_many` does, and keep in a folder all that is done.

    Parts of the same comparison that the folder holds are not computed again. A process that is
    killed loses only its current step: the run of a network, the sums of a layer, or the results of
    two networks at a layer.

    With several processes, each runs every network over its share of the batches, and keeps the
    rows of these in the folder. The sums are added up, and the pairs of networks are divided among
    the processes. Process 0 alone reads and writes all other files. The same number of processes
    resumes where an earlier run stopped; another number of them runs the networks again.

    Parameters
    ----------
    folder
        The folder of the comparison, which is made if it does not exist.
    config
        The networks, the data and the options.
    ranks
        The processes. All of them must call this function.
    progress
        Show bars on standard error.
    say
        Called in process 0 with sentences on what the folder holds already, and on the memory and
        disk space of the networks.

    Returns
    -------
    ManyComparison or None
        In process 0 the comparison, whose sums are read from the folder when they are asked for.
        None in the other processes.

    Raises
    ------
    FolderInUseError
        Another process is at work in the folder. A ValueError.
    ValueError
        The folder holds another comparison, and nothing is changed; or as `compare_many`.
    OSError
        A file cannot be read or written.
    ModelError
        A network raised an error.
    RankError
        Another process failed.

    Warns
    -----
    UndersampledWarning
        As `compare_many`, in process 0.
    """
    folder = Path(folder)
    told = say if ranks.rank == 0 else _say_nothing
    with ranks.hold(folder):
        if ranks.run_in_first(lambda: _claim(folder, config, told)):
            return ManyComparison.load(folder) if ranks.rank == 0 else None
        shares = run_networks(folder, config, ranks, progress=progress, say=told)
        networks = sum_layers(folder, config, ranks, shares, told)
        write_answers(folder, config.options, ranks, networks, progress=progress)
        return _finish(folder, config, networks) if ranks.rank == 0 else None


def _claim(folder: Path, config: ManyConfig, say: Callable[[str], object]) -> bool:
    """Prepare the folder, and tell whether the comparison in it is complete already."""
    claim_folder(folder, config.to_dict())
    if not (folder / many_folder.INDEX).is_file():
        return False
    if config.options.calibrate and not _is_calibrated(many := ManyComparison.load(folder)):
        say(f"{folder} holds all of it already, but for calibrations")
        many.with_calibrations().save(folder)
    else:
        say(f"{folder} holds all of it already")
    shutil.rmtree(folder / ROWS, ignore_errors=True)
    return True


def _finish(folder: Path, config: ManyConfig, networks: RunNetworks) -> ManyComparison:
    """Write the index, and delete the rows, which are no longer needed."""
    many = assemble_many(
        read_answers(folder, networks),
        SavedSums(folder, networks.list_keys()),
        inputs=networks.inputs,
        left_out=networks.left_out,
        absent=networks.layers.absent,
        options=config.options,
        networks=tuple(config.networks),
        reference=config.reference,
        identical=config.find_identical(),
    )
    many.save(folder)
    shutil.rmtree(folder / ROWS)
    warn_of_too_few(many)
    return many


def _is_calibrated(many: ManyComparison) -> bool:
    return all(len(each.calibrations) == len(each) for each in many.comparisons.values())


def _say_nothing(_: str) -> None:
    """Other processes leave it to process 0."""

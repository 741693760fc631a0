"""The work of `compare` with two models: check, compare in a folder, and print the results."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from spanmatch._core import __version__
from spanmatch.base.atomic import check_writable
from spanmatch.base.plain_json import format_json
from spanmatch.base.regular_file import follow_links
from spanmatch.base.threads import set_num_threads
from spanmatch.cli.current_folder import importing_from_here
from spanmatch.cli.exit_codes import refuse_wrong_usage
from spanmatch.cli.flags import name_options
from spanmatch.cli.other_bars import without_other_bars
from spanmatch.cli.terminal import echo
from spanmatch.comparison.folder import INDEX
from spanmatch.comparison.layer_files import ENTRIES
from spanmatch.comparison.table import format_table
from spanmatch.torch.loading.data.shuffled import explain_shuffling
from spanmatch.torch.resuming.ranks import count_local_ranks, count_ranks, join_ranks
from spanmatch.torch.resuming.resumable import compare_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.resuming.config import CompareConfig
    from spanmatch.torch.resuming.ranks import Ranks

PICTURE, CALIBRATED_PICTURE = "comparison.png", "calibrated.png"


@dataclass(frozen=True)
class Destination:
    """Where and how the command shows the comparison."""

    folder: Path
    plot: Path | None
    as_json: bool
    eps: tuple[float, ...] | None
    """The ε of the table; None for the default ones."""

    @property
    def picture(self) -> Path:
        """The file of the picture."""
        return self.folder / PICTURE if self.plot is None else self.plot

    def check(self) -> None:
        """Raise errors of drawing now, before the work and not after it."""
        from spanmatch.plot.figure_file import check_suffix

        if self.plot is not None:
            with refuse_wrong_usage():
                check_suffix(self.plot)
            # The folder of the comparison may not exist yet: it is made later.
            if follow_links(self.plot.parent) != follow_links(self.folder):
                check_writable(self.plot)


def run(config: CompareConfig, destination: Destination, threads: int | None) -> None:
    """Compare two models in a folder, and show the results."""
    with begin_job(destination, config.options, threads) as ranks:
        comparison = compare_in(
            destination.folder, config, ranks, progress=shows_bars(ranks), say=tell
        )
        if comparison is not None:
            note = explain_shuffling(config.data.name, config.options.nulls)
            _show(comparison, destination, note)


@contextmanager
def begin_job(
    destination: Destination, options: CompareOptions, threads: int | None
) -> Iterator[Ranks]:
    """Join the processes, check that results can be written, and find the user's modules."""
    _set_threads(threads)
    with without_other_bars(), importing_from_here(), join_ranks(str(options.device)) as ranks:
        ranks.run_in_first(destination.check)
        # The folder stays locked until the pictures are drawn.
        with ranks.hold(destination.folder):
            yield ranks


def shows_bars(ranks: Ranks) -> bool:
    """Tell whether this process shows bars: only the first does, and only on a terminal."""
    return sys.stderr.isatty() and ranks.rank == 0


def tell(line: str) -> None:
    """Print a line that is not a result on standard error."""
    echo(line, err=True)


def _set_threads(threads: int | None) -> None:
    if threads is not None:
        torch.set_num_threads(threads)
        set_num_threads(threads)
    elif count_ranks() > 1:
        # torchrun limits the threads of torch itself.
        set_num_threads(max(1, (os.cpu_count() or 1) // count_local_ranks()))


def _show(comparison: Comparison, destination: Destination, note: str) -> None:
    comparison.plot(destination.picture)
    calibrated = None
    # Only if every layer has a calibration, whether from this run or from an earlier one.
    if len(comparison.calibrations) == len(comparison):
        calibrated = comparison.calibrated()
        calibrated.plot(destination.folder / CALIBRATED_PICTURE)
    nulls_of_all = len(comparison.nulls) == len(comparison)
    best = comparison.best() if comparison.all_pairs and nulls_of_all else None
    if destination.as_json:
        plain = {"spanmatch": __version__, **comparison.to_dict()}
        if calibrated is not None:
            plain["calibrated"] = calibrated.to_dict()
        if best is not None:
            plain["best"] = best.to_dict()
        echo(format_json(plain))
        return
    # The reasons why layers were left out name arguments: show them as options.
    echo(name_options(format_table(comparison, destination.eps)))
    if note:
        echo(note)
    pictures = f"Picture: {destination.picture}"
    if calibrated is not None:
        echo(f"\n{calibrated}")
        pictures = f"Pictures: {destination.picture}, {destination.folder / CALIBRATED_PICTURE}"
    if best is not None:
        echo(f"\n{best}")
    within = (each for each in ENTRIES if (destination.folder / each).is_dir())
    echo(f"\n{destination.folder}: {', '.join([INDEX, *within])}\n{pictures}")

"""What `compare` does: check, compare in a folder, show."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import typer

from spanmatch import __version__
from spanmatch.base.atomic import check_writable
from spanmatch.base.plain_json import strict_json
from spanmatch.base.threads import set_num_threads
from spanmatch.cli.current_folder import importing_from_here
from spanmatch.cli.exit_codes import WrongUsage, wrong_usage
from spanmatch.comparison.folder import INDEX, PAIRS, SPECTRA
from spanmatch.comparison.table import text
from spanmatch.pair.nulls_and_folds import Keeps
from spanmatch.torch.resuming.config import CompareConfig
from spanmatch.torch.resuming.ranks import chosen_device, here, joined, started
from spanmatch.torch.resuming.resumable import compare_in

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.comparison.comparison import Comparison

PICTURE = "comparison.png"


@dataclass(frozen=True)
class Outputs:
    """Where the results go."""

    out: Path
    plot: Path | None
    as_json: bool

    def check(self) -> None:
        """Raise what drawing would raise, before the work and not after it."""
        from spanmatch.plot.similarity import check_suffix

        if self.plot is not None:
            with wrong_usage():
                check_suffix(self.plot)
            # What lies in the folder is made with it.
            if self.plot.parent.resolve() != self.out.resolve():
                check_writable(self.plot)


def run(outputs: Outputs, threads: int | None, device: str | None, **arguments: Any) -> None:
    """Do what the command is asked for; `arguments` are those of `CompareConfig`."""
    if arguments["all_pairs"] and arguments["layers"] is None:
        raise WrongUsage("--all-pairs compares every layer with every other: choose by --layers")
    if arguments["all_pairs"] and (arguments["nulls"] or arguments["folds"]):
        raise WrongUsage("--nulls and --folds are for layers one by one: leave --all-pairs")
    with wrong_usage():
        Keeps(arguments["nulls"], arguments["folds"], arguments["seed"]).empty_pair()
        config = CompareConfig(device=chosen_device(device), **arguments)
    _set_threads(threads)
    with importing_from_here(), joined(config.device) as ranks:
        ranks.first(outputs.check)
        comparison = compare_in(
            outputs.out,
            config,
            ranks,
            progress=sys.stderr.isatty() and ranks.rank == 0,
            say=lambda line: typer.echo(line, err=True),
        )
        if comparison is not None:
            _show(comparison, outputs)


def _set_threads(threads: int | None) -> None:
    if threads is not None:
        torch.set_num_threads(threads)
        set_num_threads(threads)
    elif started() > 1:
        # torchrun has done so for torch.
        set_num_threads(max(1, (os.cpu_count() or 1) // here()))


def _show(comparison: Comparison, outputs: Outputs) -> None:
    picture = outputs.out / PICTURE if outputs.plot is None else outputs.plot
    comparison.plot(picture)
    if outputs.as_json:
        typer.echo(strict_json({"spanmatch": __version__, **comparison.to_dict()}))
        return
    typer.echo(text(comparison))
    typer.echo(f"\n{outputs.out}: {INDEX}, {PAIRS}, {SPECTRA}\nPicture: {picture}")

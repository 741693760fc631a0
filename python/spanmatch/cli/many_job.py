"""What `compare` does with many networks: compare them in a folder, show, write the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from spanmatch._core import __version__
from spanmatch.base.plain_json import format_json
from spanmatch.cli.compare_job import begin_job, shows_bars, tell
from spanmatch.cli.flags import name_options
from spanmatch.comparison.many.many_folder import INDEX
from spanmatch.comparison.many.many_report import describe_findings, write_many_report
from spanmatch.torch.loading.data.shuffled import explain_shuffling
from spanmatch.torch.loading.identical_files import find_identical
from spanmatch.torch.resuming.many_resumable import compare_many_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.cli.compare_job import Destination
    from spanmatch.comparison.many.many_comparison import ManyComparison
    from spanmatch.torch.resuming.config import NamedModel
    from spanmatch.torch.resuming.many_config import ManyConfig


def run_many(config: ManyConfig, destination: Destination, threads: int | None) -> None:
    """Do what the command is asked for."""
    with begin_job(destination, config.options, threads) as ranks:
        identical = ranks.run_in_first(lambda: tell_identical(config.networks))
        many = compare_many_in(
            destination.folder,
            config,
            ranks,
            identical=identical,
            progress=shows_bars(ranks),
            say=tell,
        )
        if many is not None:
            note = explain_shuffling(config.data.name, config.options.nulls)
            _show(many, destination, note)


def tell_identical(networks: Mapping[str, NamedModel]) -> tuple[tuple[str, ...], ...]:
    """Say which checkpoints are the same file, and return the groups of their networks."""
    groups = find_identical({name: each.checkpoint for name, each in networks.items()})
    for group in groups:
        files = [str(networks[name].checkpoint) for name in group]
        tell(f"warning: {', '.join(files[:-1])} and {files[-1]} hold the same bytes")
    return groups


def _show(many: ManyComparison, destination: Destination, note: str) -> None:
    many.plot(destination.picture)
    report = write_many_report(destination.folder, many)
    if destination.as_json:
        typer.echo(format_json({"spanmatch": __version__, **many.to_dict()}))
        return
    # Why layers were left out is told in the words of the command too.
    typer.echo(name_options(f"{many}"))
    if note:
        typer.echo(note)
    for sentence in describe_findings(many):
        typer.echo(sentence)
    typer.echo(f"\n{destination.folder}: {INDEX}\nPicture: {destination.picture}\nReport: {report}")

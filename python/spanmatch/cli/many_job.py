"""The work of `compare` with many networks: compare them in a folder, and print the results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch._core import __version__
from spanmatch.base.plain_json import format_json
from spanmatch.cli.compare_job import begin_job, shows_bars, tell
from spanmatch.cli.flags import name_options
from spanmatch.cli.terminal import echo
from spanmatch.comparison.many.many_findings import describe_findings
from spanmatch.comparison.many.many_folder import COMPARISONS, INDEX
from spanmatch.comparison.many.network_sums import SUMS
from spanmatch.torch.loading.data.shuffled import explain_shuffling
from spanmatch.torch.loading.identical_files import find_identical
from spanmatch.torch.resuming.many_report import write_many_report
from spanmatch.torch.resuming.many_resumable import compare_many_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spanmatch.cli.compare_job import Destination
    from spanmatch.comparison.many.many_comparison import ManyComparison
    from spanmatch.torch.resuming.config import NamedModel
    from spanmatch.torch.resuming.many_config import ManyConfig


def run_many(config: ManyConfig, destination: Destination, threads: int | None) -> None:
    """Compare many networks in a folder, and show the results."""
    with begin_job(destination, config.options, threads) as ranks:
        ranks.run_in_first(lambda: tell_identical(config.networks))
        many = compare_many_in(
            destination.folder, config, ranks, progress=shows_bars(ranks), say=tell
        )
        if many is not None:
            note = explain_shuffling(config.data.name, config.options.nulls)
            _show(many, destination, note)


def tell_identical(networks: Mapping[str, NamedModel]) -> None:
    """Warn of checkpoints that are given twice, or whose files hold the same bytes."""
    groups = find_identical({name: each.checkpoint for name, each in networks.items()})
    for group in groups:
        files = list(dict.fromkeys(str(networks[name].checkpoint) for name in group))
        if len(files) == 1:
            tell(f"warning: {files[0]} is given for {', '.join(group[:-1])} and {group[-1]}")
        else:
            tell(f"warning: {', '.join(files[:-1])} and {files[-1]} hold the same bytes")


def _show(many: ManyComparison, destination: Destination, note: str) -> None:
    many.plot(destination.picture)
    page = _write_page(destination.folder)
    if destination.as_json:
        plain = {"spanmatch": __version__, **many.to_dict()}
        echo(format_json(plain))
        return
    # The reasons why layers were left out name arguments: show them as options.
    echo(name_options(f"{many}"))
    echo()
    for sentence in describe_findings(many):
        echo(sentence)
    if note:
        echo(note)
    echo(f"\n{destination.folder}: {INDEX}, {COMPARISONS}, {SUMS}")
    echo(f"Picture: {destination.picture}")
    if page is not None:
        echo(f"Report: {page}")


def _write_page(folder: Path) -> Path | None:
    """Write the page; if a package for it is missing, warn only, as the results are complete."""
    try:
        return write_many_report(folder)
    except ImportError as error:
        tell(f"warning: {error}; then spanmatch report {folder}")
        return None

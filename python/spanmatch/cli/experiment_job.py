"""The work of `experiment`: put the config together, run it, and print the path of the report."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from spanmatch.cli.current_folder import importing_from_here
from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage
from spanmatch.cli.other_bars import without_other_bars
from spanmatch.cli.terminal import echo
from spanmatch.experiment.config import ExperimentConfig
from spanmatch.experiment.config_file import read_values
from spanmatch.experiment.run import run_experiment
from spanmatch.torch.resuming.ranks import choose_device

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = ("data", "arch")


def run(out: Path, config_file: Path | None, given: dict[str, Any], *, force: bool) -> None:
    """Run the experiment; `given` has values of `ExperimentConfig`, None for those not given."""
    with refuse_wrong_usage():
        values = {} if config_file is None else read_values(config_file)
        values |= {name: value for name, value in given.items() if value is not None}
        if missing := [f"--{name}" for name in NEEDED if name not in values]:
            raise WrongUsage(f"an experiment needs {' and '.join(missing)}")
        config = ExperimentConfig(**values)
        choose_device(config.device)
    with without_other_bars(), importing_from_here():
        report = run_experiment(
            out,
            config,
            force=force,
            progress=sys.stderr.isatty(),
            say=lambda line: echo(line, err=True),
        )
    echo(report)

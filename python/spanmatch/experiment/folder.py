"""The folder of an experiment: its paths, and the check that it holds the same experiment.

`config.toml` is written first, then the networks, the comparisons and the report. Each file gets
its final name only once it is complete.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spanmatch.base.atomic import remove_unfinished
from spanmatch.base.claim import check_claim
from spanmatch.comparison.folder import INDEX
from spanmatch.experiment.config_file import ABSENT, is_recorded, read_recorded, write_recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spanmatch.experiment.plan import PlannedNetwork

CONFIG, NETWORKS, COMPARISONS = "config.toml", "networks", "comparisons"
REPORT, FIGURES = "report.html", "figures"


@dataclass(frozen=True)
class Folder:
    """The paths of the files of an experiment."""

    path: Path

    @property
    def config(self) -> Path:
        """The config of the experiment."""
        return self.path / CONFIG

    @property
    def report(self) -> Path:
        """The report, an HTML page."""
        return self.path / REPORT

    @property
    def figures(self) -> Path:
        """The folder of figures and their numbers."""
        return self.path / FIGURES

    @property
    def networks(self) -> Path:
        """The folder with the weights and the record of each network."""
        return self.path / NETWORKS

    def weights(self, key: str) -> Path:
        """Return the path of a network's weights."""
        return self.networks / f"{key}.safetensors"

    def find_weights(self, planned: PlannedNetwork) -> str | Path:
        """Return the path of a network's weights: its checkpoint, or a file in this folder."""
        return planned.checkpoint or self.weights(planned.key)

    def network(self, key: str) -> Path:
        """Return the path of a network's record, which is written once the network is complete."""
        return self.networks / f"{key}.json"

    def comparison(self, key: str) -> Path:
        """Return the folder that `Comparison.load` reads."""
        return self.path / COMPARISONS / key

    def has_comparison(self, key: str) -> bool:
        """Tell whether a comparison is complete."""
        return (self.comparison(key) / INDEX).is_file()

    def layer_details(self, key: str) -> Path:
        """Return the path of the further results for layers."""
        return self.comparison(key) / "inside.json"

    def claim(self, config: Mapping[str, Any], made_with: Mapping[str, str]) -> None:
        """Write `config.toml`; if results exist, check that theirs is the same.

        Raises
        ------
        ValueError
            The folder holds another experiment, or other files under the names that an experiment
            uses. Nothing is changed. The message shows what differs.
        """
        held = [name for name in (NETWORKS, COMPARISONS) if _holds_a_file(self.path / name)]
        if held:
            check_claim(
                self.config,
                held,
                lambda path: ABSENT | read_recorded(path),
                {**config, **made_with},
                what="experiment",
                way_out="redo this one with --force",
            )
            return
        self._check_own()
        # An experiment without results, as after a mistake in its arguments, may be replaced.
        self.path.mkdir(parents=True, exist_ok=True)
        write_recorded(self.config, config, made_with)

    def sweep(self) -> None:
        """Delete the unfinished files of an experiment that was killed."""
        remove_unfinished(self.path, (NETWORKS, COMPARISONS, FIGURES))

    def clear(self) -> None:
        """Delete the experiment in this folder.

        Raises
        ------
        ValueError
            The config in this folder was not written by an experiment. Nothing is deleted.
        """
        if not self.config.is_file():
            return
        self._check_own()
        for name in (COMPARISONS, NETWORKS, FIGURES):
            if (self.path / name).exists():
                shutil.rmtree(self.path / name)
        self.report.unlink(missing_ok=True)
        # The config goes last: after an interruption the folder is still known as an experiment's.
        self.config.unlink()

    def _check_own(self) -> None:
        if self.config.is_file() and not is_recorded(self.config):
            raise ValueError(
                f"{self.config} is not one that an experiment has written, and would be replaced: "
                "choose another folder, or move it"
            )


def _holds_a_file(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))

"""The folder of an experiment: its paths, and the check that it is of the same experiment.

`config.toml` is written first, then the networks, the comparisons and the report. Each of these
gets its name once it is complete.
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
    """Names of the files of an experiment."""

    path: Path

    @property
    def config(self) -> Path:
        """What was asked for."""
        return self.path / CONFIG

    @property
    def report(self) -> Path:
        """The page to read."""
        return self.path / REPORT

    @property
    def figures(self) -> Path:
        """A folder of pictures and their numbers."""
        return self.path / FIGURES

    @property
    def networks(self) -> Path:
        """A folder of weights, and of what is known of each network."""
        return self.path / NETWORKS

    def weights(self, key: str) -> Path:
        """Return the path of a network's weights."""
        return self.networks / f"{key}.safetensors"

    def find_weights(self, planned: PlannedNetwork) -> str | Path:
        """Return the path of a network's weights, here or in its checkpoint."""
        return planned.checkpoint or self.weights(planned.key)

    def network(self, key: str) -> Path:
        """Return the path of a network's record, which is written once it is complete."""
        return self.networks / f"{key}.json"

    def comparison(self, key: str) -> Path:
        """Return the folder that `Comparison.load` reads."""
        return self.path / COMPARISONS / key

    def has_comparison(self, key: str) -> bool:
        """Tell whether a comparison is whole."""
        return (self.comparison(key) / INDEX).is_file()

    def layer_details(self, key: str) -> Path:
        """Return the path of the further results for layers."""
        return self.comparison(key) / "inside.json"

    def claim(self, config: Mapping[str, Any], made_with: Mapping[str, str]) -> None:
        """Write `config.toml`, or where something is done already see that it says the same.

        Raises
        ------
        ValueError
            The folder holds another experiment, or things of another kind under the names that it
            would use: nothing is changed. The error shows what differs.
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
        # An experiment that has come to nothing, as by a slip in its arguments, gives way.
        self.path.mkdir(parents=True, exist_ok=True)
        write_recorded(self.config, config, made_with)

    def sweep(self) -> None:
        """Take away what an experiment that was killed has left half written."""
        remove_unfinished(self.path, (NETWORKS, COMPARISONS, FIGURES))

    def clear(self) -> None:
        """Take away an experiment that was written here.

        Raises
        ------
        ValueError
            No experiment has written the config that is here: nothing is taken away.
        """
        if not self.config.is_file():
            return
        self._check_own()
        for name in (COMPARISONS, NETWORKS, FIGURES):
            if (self.path / name).exists():
                shutil.rmtree(self.path / name)
        self.report.unlink(missing_ok=True)
        # Last: if this is interrupted, the folder is still known to be an experiment's.
        self.config.unlink()

    def _check_own(self) -> None:
        if self.config.is_file() and not is_recorded(self.config):
            raise ValueError(
                f"{self.config} is not one that an experiment has written, and would be replaced: "
                "choose another folder, or move it"
            )


def _holds_a_file(folder: Path) -> bool:
    return any(path.is_file() for path in folder.rglob("*"))

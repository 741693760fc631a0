"""The work of `report`: find out the kind of the folder, and write its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.many.many_folder import INDEX

if TYPE_CHECKING:
    from pathlib import Path


def write_page(folder: Path) -> Path:
    """Write the page of an experiment, or of a comparison of many networks; return its path.

    Raises
    ------
    ValueError
        The folder holds neither, or something in it is missing or damaged.
    """
    if (folder / INDEX).is_file():
        from spanmatch.torch.resuming.many_report import write_many_report

        return write_many_report(folder)
    # The import of the experiment needs more packages than a comparison of many networks.
    from spanmatch.experiment.folder import CONFIG

    if (folder / CONFIG).is_file():
        from spanmatch.experiment.report import write_report

        return write_report(folder)
    raise ValueError(
        f"{folder} has nothing to report: it has neither the {CONFIG} of an experiment nor the "
        f"{INDEX} of a complete comparison of many networks"
    )

"""The report of a comparison of many networks, written from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanmatch.base.atomic import remove_unfinished, replacing
from spanmatch.base.errors import FileError, describe_damage
from spanmatch.base.folder_lock import lock_folder
from spanmatch.base.plain_json import format_json, read_json
from spanmatch.base.plain_values import take, take_count, take_list, take_text
from spanmatch.comparison.many.many_comparison import ManyComparison
from spanmatch.comparison.many.many_folder import INDEX, read_version
from spanmatch.comparison.many.report.origin import Origin
from spanmatch.torch.loading.data.shuffled import explain_shuffling
from spanmatch.torch.resuming.folder import CONFIG

if TYPE_CHECKING:
    from os import PathLike

REPORT = "report.html"
# Values of config.json that the page shows in another place than the options.
TOLD = ("spanmatch", "networks", "reference")


def write_many_report(folder: str | PathLike[str]) -> Path:
    """Write `report.html` into the folder of a comparison of many networks.

    The report depends only on the folder, so the same folder gives the same bytes.

    Parameters
    ----------
    folder
        A folder that `ManyComparison.save` or `spanmatch compare` has written.

    Returns
    -------
    Path
        The path of the report.

    Raises
    ------
    ImportError
        jinja2, matplotlib or scipy is not installed.
    OSError
        A file cannot be read or written.
    FileError
        A file of the comparison is missing or damaged. This is a ValueError.
    FolderInUseError
        Another process is writing to the folder. This is a ValueError.

    Examples
    --------
    >>> import tempfile
    >>> import torch
    >>> from spanmatch.torch import compare_many
    >>> networks = {name: torch.nn.Sequential(torch.nn.Linear(8, 4)) for name in "ab"}
    >>> many = compare_many(networks, torch.randn(200, 8).split(50), progress=False)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     many.save(folder)
    ...     write_many_report(folder).name
    'report.html'
    """
    folder = Path(folder)
    if not (folder / INDEX).is_file():
        raise FileError(
            f"{folder} holds no comparison of many networks, or none that is whole: {INDEX} is "
            "missing; give the command that compares them again"
        )
    try:
        from spanmatch.comparison.many.report.page import render_page
    except ImportError as error:
        raise ImportError(f"{REPORT} needs {error.name}: pip install 'spanmatch[cli]'") from error
    with lock_folder(folder):
        remove_unfinished(folder)
        page = render_page(ManyComparison.load(folder), _read_origin(folder))
        with replacing(folder / REPORT) as unfinished:
            unfinished.write_text(page, encoding="utf-8")
    return folder / REPORT


def _read_origin(folder: Path) -> Origin:
    """Read `config.json`, which a comparison that was saved from Python does not have."""
    version, path = read_version(folder), folder / CONFIG
    if not path.is_file():
        return Origin(version)
    config: dict[str, Any] = read_json(path)
    try:
        networks = take_list(config, "networks")
        data, nulls = take_text(config, "data"), take_count(config, "nulls")
        shuffled = explain_shuffling(data, nulls)
        return Origin(
            version,
            models={take_text(each, "network"): take_text(each, "name") for each in networks},
            checkpoints={
                take_text(each, "network"): take_text(each, "checkpoint")
                for each in networks
                if take(each, "checkpoint") is not None
            },
            data=data,
            options={
                name: value if isinstance(value, str) else format_json(value)
                for name, value in config.items()
                if name not in TOLD and value is not None and value is not False
            },
            remark=shuffled[:1].upper() + shuffled[1:],
        )
    except ValueError as error:
        raise describe_damage(path, error, "take a copy of it, or compare again") from error

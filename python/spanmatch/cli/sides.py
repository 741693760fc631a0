"""The pair that the commands on files read, as their arguments say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spanmatch.base.errors import FileError
from spanmatch.base.shown_text import elide, show_name
from spanmatch.base.tensor_file import read_kind
from spanmatch.cli.exit_codes import WrongUsage
from spanmatch.cli.flags import name_options
from spanmatch.pair.array_files.array_file import open_array
from spanmatch.pair.array_files.array_pair import reduce_arrays
from spanmatch.pair.array_files.formats import FORMATS
from spanmatch.pair.nulls_and_folds import NO_RESAMPLING, USUAL_FOLDS, Resampling
from spanmatch.pair.pair import ActivationPair
from spanmatch.results.calibration import check_can_calibrate

LETTERS = 40  # At most this number of letters of a neuron's name is shown.

if TYPE_CHECKING:
    from pathlib import Path

    from spanmatch.base.arguments import Ridge


@dataclass(frozen=True)
class SideOptions:
    """The arguments of a command that say what it reads, and how."""

    first: Path
    second: Path | None
    x: str | None
    y: str | None
    center: bool
    ridge: Ridge = None
    resampling: Resampling = NO_RESAMPLING
    rows_per_item: int = 1
    calibrate: bool = False

    def __post_init__(self) -> None:
        if self.ridge == "auto" and self.resampling.nulls > 0:
            raise WrongUsage(
                "--ridge auto chooses λ by folds, and nulls have none: give a number, or no --nulls"
            )

    def check_calibration(self, n_nulls: int) -> None:
        """Raise WrongUsage if there are too few nulls to calibrate."""
        if not self.calibrate:
            return
        try:
            check_can_calibrate(n_nulls)
        except ValueError as error:
            raise WrongUsage(name_options(str(error))) from error

    @property
    def summed(self) -> Resampling:
        """The nulls and folds to sum; always with folds if λ is to be chosen."""
        if self.ridge == "auto" and self.resampling.folds == 0:
            return replace(self.resampling, folds=USUAL_FOLDS)
        return self.resampling

    @property
    def paths(self) -> list[Path]:
        """The files to read."""
        return [self.first] if self.second is None else [self.first, self.second]


@dataclass(frozen=True)
class Source:
    """The source of a side: an array of a file, or a saved pair."""

    path: Path
    key: str | None

    def __str__(self) -> str:
        return show_name(self.path.name if self.key is None else f"{self.path.name}: {self.key}")


@dataclass(frozen=True)
class Sides:
    """The pair of a command, and the sources of its sides."""

    pair: ActivationPair
    x: Source
    y: Source

    @property
    def title(self) -> str:
        """The sources of both sides, as a title."""
        return str(self.x) if self.x == self.y else f"{self.x} and {self.y}"

    def name(self, side: str, index: int) -> str:
        """Return the name of a neuron in tables."""
        names = self.pair.x_names if side == "x" else self.pair.y_names
        return str(index) if names is None else elide(show_name(names[index]), LETTERS)


def read_sides(options: SideOptions, progress: bool) -> Sides:
    """Read the files of a command."""
    for path in options.paths:
        if path.suffix.lower() not in FORMATS:
            known = ", ".join(FORMATS)
            raise WrongUsage(f"activations are read from files that end in {known}, not {path}")
    kinds = [_read_kind(path) for path in options.paths]
    if ActivationPair.__name__ in kinds:
        return _read_saved(options)
    for path, kind in zip(options.paths, kinds, strict=True):
        if kind is not None:
            raise FileError(f"{path} holds a saved {kind}: give activations, or a saved pair")
    if options.second is None and None in (options.x, options.y):
        raise WrongUsage(
            f"{options.first} is one side: name the file of the other side too, or choose both "
            "arrays of one file by --x KEY --y KEY, or give a saved pair"
        )
    options.check_calibration(options.resampling.nulls)
    x = open_array(options.first, options.x, "x")
    y = open_array(options.second or options.first, options.y, "y")
    pair = reduce_arrays(
        x, y, resampling=options.summed, rows_per_item=options.rows_per_item, progress=progress
    )
    return Sides(pair, Source(x.path, x.key or None), Source(y.path, y.key or None))


def _read_saved(options: SideOptions) -> Sides:
    if options.second is not None:
        raise WrongUsage("a saved pair holds both sides: give it alone")
    if options.x is not None or options.y is not None:
        raise WrongUsage(
            f"{options.first} is a saved pair, whose sides are known: leave out --x and --y"
        )
    if options.resampling.anything or options.rows_per_item != 1:
        raise WrongUsage(
            f"{options.first} is a saved pair, which has its own nulls and folds, or none: leave "
            "out --nulls, --folds, --seed and --rows-per-item"
        )
    source, pair = Source(options.first, None), ActivationPair.load(options.first)
    if options.ridge == "auto" and pair.n_nulls > 0:
        raise WrongUsage(
            f"{options.first} keeps nulls, which have no folds for --ridge auto to choose by: give "
            "a number"
        )
    options.check_calibration(pair.n_nulls)
    return Sides(pair, source, source)


def _read_kind(path: Path) -> str | None:
    return read_kind(path) if path.suffix.lower() == ".safetensors" else None

"""The common work of the commands on files: read both sides, solve, print, save."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from spanmatch._core import __version__
from spanmatch.base.atomic import check_writable
from spanmatch.base.plain_json import format_json
from spanmatch.base.threads import set_num_threads
from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage
from spanmatch.cli.sides import Sides, read_sides
from spanmatch.cli.terminal import echo, show
from spanmatch.comparison.storage import save
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.result import Result
from spanmatch.solve.means import explain_means

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from spanmatch.base.arguments import Ridge
    from spanmatch.cli.sides import SideOptions
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.match import Match

Answer = TypeVar("Answer", bound="Result | Sequence[Match]")
Answer_co = TypeVar("Answer_co", covariant=True)


class Solver(Protocol[Answer_co]):
    """A function of the library, to which the command has already given its own arguments."""

    def __call__(
        self, x: ActivationPair, *, center: bool, ridge: Ridge, progress: bool
    ) -> Answer_co:
        """Solve."""


@dataclass(frozen=True)
class Destinations:
    """Where and how a command shows its result."""

    as_json: bool
    plot: Path | None
    save: Path | None
    save_pair: Path | None

    def check(self, options: SideOptions) -> None:
        """Raise errors of writing now, before the work and not after it."""
        if self.plot is not None:
            from spanmatch.plot.figure_file import check_suffix

            with refuse_wrong_usage():
                check_suffix(self.plot)
        for path in (self.save, self.save_pair):
            if path is not None and path.suffix.lower() != ".safetensors":
                raise WrongUsage(f"results are saved to files that end in .safetensors, not {path}")
        paths = [path for path in (self.plot, self.save, self.save_pair) if path is not None]
        taken = {os.path.realpath(path) for path in options.paths}
        for path in paths:
            if os.path.realpath(path) in taken:
                raise WrongUsage(
                    f"{path} is read or written by this command already: choose another name"
                )
            taken.add(os.path.realpath(path))
            check_writable(path)


def run(
    options: SideOptions,
    destinations: Destinations,
    threads: int | None,
    *,
    solve: Solver[Answer],
    table: Callable[[Answer, Sides], RenderableType],
    picture: Callable[[Answer, Sides], Figure],
) -> None:
    """Read, solve, save and print, in the order that loses the least if a step fails."""
    destinations.check(options)
    if threads is not None:
        set_num_threads(threads)
    progress = sys.stderr.isatty()
    sides = read_sides(options, progress)
    if destinations.save_pair is not None:
        save(sides.pair, destinations.save_pair)
    result = solve(sides.pair, center=options.center, ridge=options.ridge, progress=progress)
    if destinations.save is not None:
        save(_choose_what_to_save(result), destinations.save)
    if destinations.plot is not None:
        from spanmatch.plot.figure_file import save_figure

        save_figure(picture(result, sides), destinations.plot)
    if destinations.as_json:
        echo(format_json(_as_json(result, sides, center=options.center)))
    else:
        show(table(result, sides))


def _choose_what_to_save(result: Result | Sequence[Match]) -> Result | Sequence[Match]:
    """Return what to save: only the spectrum of a layer's answer without nulls and folds."""
    if isinstance(result, LayerAnswer) and result.nulls is None and result.interval is None:
        return result.spectrum
    return result


def _as_json(result: Result | Sequence[Match], sides: Sides, *, center: bool) -> dict[str, Any]:
    pair = sides.pair
    if isinstance(result, Result):
        plain: Any = result.to_dict()
    else:
        plain = [part.to_dict() for part in result]
    told: dict[str, Any] = {}
    if isinstance(result, LayerAnswer):
        # The keys are those of `compare`; a note is "" if there is nothing to say.
        told["note"] = explain_means(pair, result.spectrum, center=center)
        told["area"] = result.spectrum.area
        told["corrected_area"] = result.spectrum.corrected_area
        kept = _choose_what_to_save(result)
        if result.one_to_one is not None and kept is not result:
            # As in a saved file, the result is only a spectrum: the pairs stand beside it.
            told["one_to_one"] = plain.pop("one_to_one")
    return {
        "spanmatch": __version__,
        "x": {"file": str(sides.x.path), "key": sides.x.key, "names": pair.x_names},
        "y": {"file": str(sides.y.path), "key": sides.y.key, "names": pair.y_names},
        "n_x": pair.n_x,
        "n_y": pair.n_y,
        "n_samples": pair.n_samples,
        "center": center,
        **told,
        "result": plain,
    }

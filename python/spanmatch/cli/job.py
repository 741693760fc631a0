"""What the commands on files share: read both sides, solve, show, keep."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer
from rich.console import Console

from spanmatch import __version__
from spanmatch.base.atomic import check_writable
from spanmatch.base.plain_json import strict_json
from spanmatch.base.threads import set_num_threads
from spanmatch.cli.exit_codes import WrongUsage, wrong_usage
from spanmatch.cli.sides import Sides, read_sides
from spanmatch.comparison.storage import save
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.results.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from spanmatch.cli.sides import Inputs
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.match import Match

Answer = TypeVar("Answer", bound="Result | Sequence[Match] | LayerAnswer")
Answer_co = TypeVar("Answer_co", covariant=True)


class Solver(Protocol[Answer_co]):
    """A function of the library, with the arguments that are a command's own already given."""

    def __call__(self, x: ActivationPair, *, center: bool, progress: bool) -> Answer_co:
        """Solve."""


@dataclass(frozen=True)
class Outputs:
    """Where a command's result goes."""

    as_json: bool
    plot: Path | None
    save: Path | None
    save_pair: Path | None

    def check(self, inputs: Inputs) -> None:
        """Raise what writing would raise, before the work and not after it."""
        if self.plot is not None:
            from spanmatch.plot.similarity import check_suffix

            with wrong_usage():
                check_suffix(self.plot)
        for path in (self.save, self.save_pair):
            if path is not None and path.suffix.lower() != ".safetensors":
                raise WrongUsage(f"what is kept has a name that ends in .safetensors, not {path}")
        paths = [path for path in (self.plot, self.save, self.save_pair) if path is not None]
        taken = {path.resolve() for path in inputs.paths}
        for path in paths:
            if path.resolve() in taken:
                raise WrongUsage(f"{path} is read, or written, already: choose another name")
            taken.add(path.resolve())
            check_writable(path)


def run(
    inputs: Inputs,
    outputs: Outputs,
    threads: int | None,
    *,
    solve: Solver[Answer],
    table: Callable[[Answer, Sides], RenderableType],
    picture: Callable[[Answer, Sides], Figure],
) -> None:
    """Do what a command is asked for, in the order in which the least is lost where it fails."""
    outputs.check(inputs)
    if threads is not None:
        set_num_threads(threads)
    progress = sys.stderr.isatty()
    sides = read_sides(inputs, progress)
    if outputs.save_pair is not None:
        save(sides.pair, outputs.save_pair)
    result = solve(sides.pair, center=inputs.center, progress=progress)
    if outputs.save is not None:
        save(result.spectrum if isinstance(result, LayerAnswer) else result, outputs.save)
    if outputs.plot is not None:
        from spanmatch.plot.similarity import save_figure

        save_figure(picture(result, sides), outputs.plot)
    if outputs.as_json:
        typer.echo(strict_json(_as_json(result, sides, center=inputs.center)))
    else:
        Console(highlight=False, markup=False).print(table(result, sides))


def _as_json(
    result: Result | Sequence[Match] | LayerAnswer, sides: Sides, *, center: bool
) -> dict[str, Any]:
    pair = sides.pair
    if isinstance(result, Result | LayerAnswer):
        plain: Any = result.to_dict()
    else:
        plain = [part.to_dict() for part in result]
    return {
        "spanmatch": __version__,
        "x": {"file": str(sides.x.path), "key": sides.x.key, "names": pair.x_names},
        "y": {"file": str(sides.y.path), "key": sides.y.key, "names": pair.y_names},
        "n_x": pair.n_x,
        "n_y": pair.n_y,
        "n_samples": pair.n_samples,
        "center": center,
        "result": plain,
    }

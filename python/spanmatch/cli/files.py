"""The commands that read activations from files: spectrum, simple, support."""

from enum import Enum
from typing import Annotated

import typer

from spanmatch.cli.exit_codes import refuse_wrong_usage, translate_errors
from spanmatch.cli.options import (
    AsJson,
    Calibrate,
    Center,
    Eps,
    First,
    Folds,
    KeyX,
    KeyY,
    Levels,
    Nulls,
    Plot,
    Ridge,
    Save,
    SavePair,
    Second,
    Seed,
    Threads,
    parse_levels,
    parse_ridge,
)


class Method(str, Enum):
    """The argument `method` of `spanmatch.simple_matches`."""

    cover = "cover"
    each = "each"


def spectrum(
    first: First,
    second: Second = None,
    *,
    x: KeyX = None,
    y: KeyY = None,
    center: Center = False,
    ridge: Ridge = None,
    eps: Levels = None,
    as_json: AsJson = False,
    plot: Plot = None,
    save: Save = None,
    save_pair: SavePair = None,
    nulls: Nulls = 0,
    folds: Folds = 0,
    rows_per_item: Annotated[
        int,
        typer.Option(
            min=1,
            metavar="N",
            help="The number of rows of an item, such as the positions of an image. Nulls and "
            "folds keep them together.",
        ),
    ] = 1,
    seed: Seed = 0,
    calibrate: Calibrate = False,
    threads: Threads = None,
) -> None:
    """Show which part of two networks matches, at every ε."""
    with translate_errors():
        from functools import partial

        from spanmatch.cli import pictures, tables
        from spanmatch.cli.job import Destinations, run
        from spanmatch.cli.sides import SideOptions
        from spanmatch.pair.nulls_and_folds import Resampling
        from spanmatch.solve.layer_answer import answer_layer

        levels = parse_levels(eps)
        table = partial(tables.show_spectrum, levels=levels or tables.EPS, center=center)
        resampling = Resampling(nulls, folds, seed)
        with refuse_wrong_usage():
            resampling.make_pair()
        sides = SideOptions(
            first, second, x, y, center, parse_ridge(ridge), resampling, rows_per_item, calibrate
        )
        destinations = Destinations(as_json, plot, save, save_pair)
        run(
            sides,
            destinations,
            threads,
            solve=partial(answer_layer, calibrate=calibrate),
            table=table,
            picture=pictures.draw_spectrum,
        )


def simple(
    first: First,
    second: Second = None,
    *,
    eps: Eps,
    x: KeyX = None,
    y: KeyY = None,
    center: Center = False,
    ridge: Ridge = None,
    seed: Annotated[
        int, typer.Option(help="The seed of the search. Another seed may find other matches.")
    ] = 0,
    method: Annotated[
        Method,
        typer.Option(
            help="Find matches that cover the maximum match, or a minimum match for each of its "
            "neurons."
        ),
    ] = Method.cover,
    as_json: AsJson = False,
    plot: Plot = None,
    save: Save = None,
    save_pair: SavePair = None,
    threads: Threads = None,
) -> None:
    """Find simple matches that make up the maximum match.

    A simple match is a match that is not a union of smaller matches.
    """
    with translate_errors():
        from functools import partial

        from spanmatch.base.arguments import as_eps, as_seed
        from spanmatch.cli import pictures, tables
        from spanmatch.cli.job import Destinations, run
        from spanmatch.cli.sides import SideOptions
        from spanmatch.solve.structure import simple_matches

        with refuse_wrong_usage():
            eps, seed = as_eps(eps), as_seed(seed)
        sides = SideOptions(first, second, x, y, center, parse_ridge(ridge))
        destinations = Destinations(as_json, plot, save, save_pair)
        solve = partial(simple_matches, eps=eps, seed=seed, method=method.value)
        each = method is Method.each
        table = partial(
            tables.show_minimum_matches if each else tables.show_simple_matches, eps=eps
        )
        picture = partial(pictures.draw_matches, eps=eps)
        run(sides, destinations, threads, solve=solve, table=table, picture=picture)


def support(
    first: First,
    second: Second = None,
    *,
    eps: Eps,
    x: KeyX = None,
    y: KeyY = None,
    center: Center = False,
    ridge: Ridge = None,
    as_json: AsJson = False,
    plot: Plot = None,
    save: Save = None,
    save_pair: SavePair = None,
    threads: Threads = None,
) -> None:
    """Find which neurons a neuron needs to be matched.

    Every match that holds the neuron holds these neurons, its core.
    """
    with translate_errors():
        from functools import partial

        from spanmatch.base.arguments import as_eps
        from spanmatch.cli import pictures, tables
        from spanmatch.cli.job import Destinations, run
        from spanmatch.cli.sides import SideOptions
        from spanmatch.solve.structure import support as find_support

        with refuse_wrong_usage():
            eps = as_eps(eps)
        sides = SideOptions(first, second, x, y, center, parse_ridge(ridge))
        destinations = Destinations(as_json, plot, save, save_pair)
        solve = partial(find_support, eps=eps)
        table, picture = tables.show_support, pictures.draw_support
        run(sides, destinations, threads, solve=solve, table=table, picture=picture)

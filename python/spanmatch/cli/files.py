"""The commands that read activations from files: spectrum, simple, support."""

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from spanmatch.base.threads import MAX_THREADS
from spanmatch.cli.exit_codes import exit_codes, wrong_usage

First = Annotated[
    Path,
    typer.Argument(
        metavar="FIRST",
        help="Activations of network 1, samples × neurons (.npy, .npz or .safetensors), "
        "or a saved pair.",
        show_default=False,
    ),
]
Second = Annotated[
    Path | None,
    typer.Argument(
        metavar="SECOND",
        help="Activations of network 2 on the same inputs; if left away, FIRST holds both.",
        show_default=False,
    ),
]
KeyX = Annotated[str | None, typer.Option("--x", metavar="KEY", help="Which array x is.")]
KeyY = Annotated[str | None, typer.Option("--y", metavar="KEY", help="Which array y is.")]
Center = Annotated[bool, typer.Option("--center", help="Subtract each neuron's mean first.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print JSON, all figures of it, with null for those of the dead."),
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw a picture: .png, .svg or .pdf."),
]
Save = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Keep the result, for spanmatch.load: .safetensors."),
]
SavePair = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Keep the pair, which the next command reads instead of the activations: "
        ".safetensors.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1, max=MAX_THREADS, metavar="N", help="Use so many threads instead of all cores."
    ),
]
Eps = Annotated[
    float,
    typer.Option(help="The largest relative residual in a match, in [0, 1).", show_default=False),
]


Nulls = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Match N times against network 2 rolled by whole items, to tell what is more than "
        "chance; 39 allow p = 0.025. compare then shuffles data that it loads by name.",
    ),
]
Folds = Annotated[
    int,
    typer.Option(
        min=0, metavar="N", help="Deal items among N folds, to give intervals; 16 as a rule."
    ),
]


class Method(str, Enum):
    """Of `spanmatch.simple_matches`."""

    cover = "cover"
    each = "each"


def spectrum(
    first: First,
    second: Second = None,
    *,
    x: KeyX = None,
    y: KeyY = None,
    center: Center = False,
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
            help="Rows of one item, such as an image: nulls and folds keep them.",
        ),
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of nulls and folds.")] = 0,
    threads: Threads = None,
) -> None:
    """Show which part of both sides matches, at every ε."""
    with exit_codes():
        from spanmatch.cli import pictures, tables
        from spanmatch.cli.job import Outputs, run
        from spanmatch.cli.sides import Inputs
        from spanmatch.pair.nulls_and_folds import Keeps
        from spanmatch.solve.layer_answer import answer_layer

        keeps = Keeps(nulls, folds, seed)
        with wrong_usage():
            keeps.empty_pair()
        inputs = Inputs(first, second, x, y, center, keeps, rows_per_item)
        outputs = Outputs(as_json, plot, save, save_pair)
        run(
            inputs,
            outputs,
            threads,
            solve=answer_layer,
            table=tables.of_spectrum,
            picture=pictures.of_spectrum,
        )


def simple(
    first: First,
    second: Second = None,
    *,
    eps: Eps,
    x: KeyX = None,
    y: KeyY = None,
    center: Center = False,
    seed: Annotated[int, typer.Option(help="Another one may find other matches.")] = 0,
    method: Annotated[
        Method,
        typer.Option(help="Matches that cover the maximum match, or one for each of its neurons."),
    ] = Method.cover,
    as_json: AsJson = False,
    plot: Plot = None,
    save: Save = None,
    save_pair: SavePair = None,
    threads: Threads = None,
) -> None:
    """Find simple matches, the finest units, that make up the maximum match at one ε."""
    with exit_codes():
        from functools import partial

        import spanmatch as sm
        from spanmatch.base.arguments import as_eps, as_seed
        from spanmatch.cli import pictures, tables
        from spanmatch.cli.job import Outputs, run
        from spanmatch.cli.sides import Inputs

        with wrong_usage():
            eps, seed = as_eps(eps), as_seed(seed)
        inputs = Inputs(first, second, x, y, center)
        outputs = Outputs(as_json, plot, save, save_pair)
        solve = partial(sm.simple_matches, eps=eps, seed=seed, method=method.value)
        each = method is Method.each
        table = partial(tables.of_minimum_matches if each else tables.of_simple_matches, eps=eps)
        picture = partial(pictures.of_matches, eps=eps)
        run(inputs, outputs, threads, solve=solve, table=table, picture=picture)


def support(
    first: First,
    second: Second = None,
    *,
    eps: Eps,
    x: KeyX = None,
    y: KeyY = None,
    center: Center = False,
    as_json: AsJson = False,
    plot: Plot = None,
    save: Save = None,
    save_pair: SavePair = None,
    threads: Threads = None,
) -> None:
    """Find which neurons every match of a neuron must hold, at one ε."""
    with exit_codes():
        from functools import partial

        import spanmatch as sm
        from spanmatch.base.arguments import as_eps
        from spanmatch.cli import pictures, tables
        from spanmatch.cli.job import Outputs, run
        from spanmatch.cli.sides import Inputs

        with wrong_usage():
            eps = as_eps(eps)
        inputs = Inputs(first, second, x, y, center)
        outputs = Outputs(as_json, plot, save, save_pair)
        solve = partial(sm.support, eps=eps)
        table, picture = tables.of_support, pictures.of_support
        run(inputs, outputs, threads, solve=solve, table=table, picture=picture)

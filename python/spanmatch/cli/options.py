"""Arguments and options that several commands share: each is spelled, and explained, once."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from spanmatch.base.arguments import Ridge as RidgeArgument
from spanmatch.base.arguments import as_eps, as_ridge
from spanmatch.base.threads import MAX_THREADS
from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage

Number = TypeVar("Number", int, float)

# What is read: activations in files.

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
        help="Activations of network 2 on the same inputs. Without it, FIRST holds both networks.",
        show_default=False,
    ),
]
KeyX = Annotated[
    str | None, typer.Option("--x", metavar="KEY", help="Which array of the file is x.")
]
KeyY = Annotated[
    str | None, typer.Option("--y", metavar="KEY", help="Which array of the file is y.")
]

# What is read: layers of models.

Layers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="Which layers to take; give it again for more. By default every layer that computes "
        "something. A GLOB that begins with ! takes layers away: '!head*' alone leaves out those. "
        "The last GLOB that matches a layer decides. A star matches dots too, but not if any GLOB "
        "has **.",
        show_default=False,
    ),
]

Tokenizer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Read text: data by this tokenizer: a name of the Hugging Face hub, a folder, or "
        "bytes. By default it is the one of an hf: model, else bytes.",
        show_default=False,
    ),
]

# How it is compared.

Center = Annotated[bool, typer.Option("--center", help="Subtract each neuron's mean first.")]
Ridge = Annotated[
    str | None,
    typer.Option(
        metavar="λ|auto",
        help="For few samples: let a match pay λ for the square of its weights, on columns of "
        "length 1. auto takes the λ of least error on folds left out: 16, where --folds says no "
        "other.",
        show_default=False,
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
        help="Match N times more, with the items of network 2 circularly shifted, to tell what is "
        "more than chance. With 39, p can be 0.025. compare then shuffles data that it loads by "
        "name.",
    ),
]
Folds = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Assign items to N folds, for intervals, and for what holds on folds left out; 16 is "
        "usual.",
    ),
]
Calibrate = Annotated[
    bool,
    typer.Option(
        "--calibrate",
        help="Find all measures (CKA, CCA, …) of the data and of every null, and show value, "
        "chance threshold, calibrated score and p of each (of several layers score and value; "
        "--json has all). Needs --nulls, 19 or more.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Draw nulls and folds from this.")]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1, max=MAX_THREADS, metavar="N", help="Use so many threads instead of all cores."
    ),
]

# What a table shows.

Levels = Annotated[
    str | None,
    typer.Option(
        "--eps",
        metavar="E,E,…",
        help="Show s(ε) at these ε, each in [0, 1), such as 0.01,0.03,0.1.",
        show_default=False,
    ),
]

# Where results go.

AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print all figures as JSON, with null for those of dead neurons."),
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
        help="Keep the pair, which another command can read in place of the activations: "
        ".safetensors.",
    ),
]


def parse_numbers(
    option: str, text: str | None, kind: Callable[[str], Number]
) -> tuple[Number, ...] | None:
    """Return the numbers of a list with commas."""
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUsage(
            f"{option} is numbers with commas between, as 0,1,2, not {text}"
        ) from error


def parse_ridge(text: str | None) -> RidgeArgument:
    """Return λ: a number, "auto" or None."""
    if text is None:
        return None
    try:
        given: float | str = float(text)
    except ValueError:
        given = text
    with refuse_wrong_usage():
        return as_ridge(given)


def parse_levels(text: str | None) -> tuple[float, ...] | None:
    """Return the ε of a list with commas: each in [0, 1)."""
    levels = parse_numbers("--eps", text, float)
    with refuse_wrong_usage():
        return None if levels is None else tuple(map(as_eps, levels))

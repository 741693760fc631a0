"""The arguments and options that several commands share, with their help texts."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from spanmatch.base.arguments import Ridge as RidgeArgument
from spanmatch.base.arguments import as_eps, as_ridge
from spanmatch.base.threads import MAX_THREADS
from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage

Number = TypeVar("Number", int, float)

# Input: activations in files.

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
    str | None, typer.Option("--x", metavar="KEY", help="The array of the file to use as x.")
]
KeyY = Annotated[
    str | None, typer.Option("--y", metavar="KEY", help="The array of the file to use as y.")
]

# Input: layers of models.

Layers = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="The layers to use; repeat the option for more. The default is every layer that "
        "computes something. A GLOB that begins with ! takes layers away: '!head*' alone leaves "
        "out the heads. The last GLOB that matches a layer decides. A star matches dots too, but "
        "not if any GLOB has **.",
        show_default=False,
    ),
]

Tokenizer = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The tokenizer of text: data: a name of the Hugging Face hub, a folder, or bytes. The "
        "default is that of an hf: model, else bytes.",
        show_default=False,
    ),
]

# The comparison of sides.

Center = Annotated[bool, typer.Option("--center", help="Subtract each neuron's mean first.")]
Ridge = Annotated[
    str | None,
    typer.Option(
        metavar="λ|auto",
        help="Use a ridge, for few samples: a penalty of λ times the squared weights, for columns "
        "of length 1. auto chooses λ by cross-validation over folds of the inputs, by default 16.",
        show_default=False,
    ),
]
Eps = Annotated[
    float,
    typer.Option(
        help="The largest relative residual in a match: a number in [0, 1).", show_default=False
    ),
]
Nulls = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Compute N permutation nulls, which shift the inputs of network 2 circularly, for "
        "p-values. With 39 nulls p can be 0.025. compare then shuffles data that it loads by name.",
    ),
]
Folds = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Deal the inputs to N folds, for jackknife intervals and cross-validated residuals. "
        "16 is usual.",
    ),
]
Calibrate = Annotated[
    bool,
    typer.Option(
        "--calibrate",
        help="Compute all measures (CKA, CCA, …) on the data and on every null, and show their "
        "values and calibrated scores. Needs --nulls of at least 19.",
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="The seed of nulls and folds.")]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1, max=MAX_THREADS, metavar="N", help="The number of threads, instead of all cores."
    ),
]

# The contents of tables.

Levels = Annotated[
    str | None,
    typer.Option(
        "--eps",
        metavar="E,E,…",
        help="The ε at which to show s(ε), each in [0, 1), such as 0.01,0.03,0.1.",
        show_default=False,
    ),
]

# The output.

AsJson = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print JSON instead of tables. Values without a number, as of dead neurons, are null.",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw a picture to this file: .png, .svg or .pdf."),
]
Save = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Save the result to this file, for spanmatch.load: .safetensors."
    ),
]
SavePair = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Save the pair to this file, which other commands read in place of the activations: "
        ".safetensors.",
    ),
]


def parse_numbers(
    option: str, text: str | None, kind: Callable[[str], Number]
) -> tuple[Number, ...] | None:
    """Return the numbers of a comma-separated list."""
    if text is None:
        return None
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError as error:
        raise WrongUsage(
            f"{option} takes numbers separated by commas, such as 0,1,2, not {text}"
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
    """Return the ε of a comma-separated list, each in [0, 1)."""
    levels = parse_numbers("--eps", text, float)
    with refuse_wrong_usage():
        return None if levels is None else tuple(map(as_eps, levels))

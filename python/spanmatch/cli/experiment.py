"""The commands `experiment`, which trains and compares networks, and `report`."""

from pathlib import Path
from typing import Annotated

import typer

from spanmatch.cli.exit_codes import WrongUsage, translate_errors
from spanmatch.cli.options import parse_numbers, parse_ridge
from spanmatch.cli.terminal import echo

Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="The folder for all results. The same command resumes there: it does only what is "
        "missing.",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Read values from a TOML file. Options take precedence over it."
    ),
]


def experiment(
    *,
    out: Out,
    config: Config = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The data to compare on, named as for compare."),
    ] = None,
    arch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The architecture: small-vgg, small-resnet, vgg11, vgg16, vgg11-bn, vgg16-bn, "
            "resnet20, resnet32, resnet44, plain20, plain32, plain44; or a model named as for "
            "compare.",
        ),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="N,N,…", help="Train one network from each seed. [0,1,2]")
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Use the weights of a trained network instead of training; repeat the option for "
            "more.",
        ),
    ] = None,
    train_data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The data to train on. The default is the training part of --data.",
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Train for N epochs. [30]")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="The number of inputs in a batch. [64]")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="The highest learning rate. [0.05]")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(metavar="RATE", help="The weight decay. [0.0005]")
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option("--augment", help="Flip and shift the training images at random."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Compare on at most N inputs.")
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="The layers to compare, as for compare; repeat the option for more.",
        ),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="The entry of a batch that says which positions count."),
    ] = None,
    eps: Annotated[
        str | None,
        typer.Option(
            metavar="E,E,…", help="The ε at which to find simple matches. [0.1,0.2,0.3,0.5]"
        ),
    ] = None,
    center: Annotated[
        bool | None, typer.Option("--center", help="Subtract each neuron's mean first.")
    ] = None,
    ridge: Annotated[
        str | None,
        typer.Option(
            metavar="λ",
            help="Use a ridge, for few samples: a penalty of λ times the squared weights, for "
            "columns of length 1. All curves have the same λ, so auto is not possible here.",
        ),
    ] = None,
    nulls: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Compute N permutation nulls, which shift inputs circularly, for p-values. [19]",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Deal the inputs to N folds, for jackknife intervals. [16]"),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="What to keep of comparisons: pairs keeps everything; spectra leaves out the "
            "pairs, which takes far less space. [pairs]",
        ),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Run the networks on cpu or cuda. [cpu]")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="The number of threads of torch. Trained weights depend on it. [1]"
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Do everything again, and replace what is in the folder."),
    ] = False,
) -> None:
    """Train networks from seeds, compare all pairs, write a report.

    Untrained networks are compared too, as controls. For a first try: spanmatch experiment --data
    digits --arch small-vgg --out DIR
    """
    with translate_errors():
        from spanmatch.cli.experiment_job import run

        given = {
            "data": data,
            "arch": arch,
            "seeds": parse_numbers("--seeds", seeds, int),
            "checkpoints": tuple(checkpoint) if checkpoint else None,
            "train_data": train_data,
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "weight_decay": weight_decay,
            "augment": augment,
            "limit": limit,
            "layers": tuple(layers) if layers else None,
            "mask": mask,
            "eps": parse_numbers("--eps", eps, float),
            "center": center,
            "ridge": _parse_one_ridge(ridge),
            "nulls": nulls,
            "folds": folds,
            "keep": keep,
            "device": device,
            "threads": threads,
        }
        run(out, config, given, force=force)


def _parse_one_ridge(text: str | None) -> float | None:
    ridge = parse_ridge(text)
    if isinstance(ridge, str):
        raise WrongUsage(
            "--ridge auto chooses a λ for each layer, but an experiment compares all curves at one "
            "λ: give a number, such as one that spanmatch compare --ridge auto --folds 16 chooses"
        )
    return ridge


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="The folder of an experiment, or of a comparison of three or more networks.",
            show_default=False,
        ),
    ],
) -> None:
    """Write report.html again from the results in a folder."""
    with translate_errors():
        from spanmatch.cli.report_job import write_page

        echo(write_page(folder))

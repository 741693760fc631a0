"""The command that trains networks, compares them, and writes a report."""

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
        help="Write everything here. The same command again does only what is missing.",
        show_default=False,
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read values from a TOML file; options go before them."),
]


def experiment(
    *,
    out: Out,
    config: Config = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Compare on this data, named as for compare."),
    ] = None,
    arch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="small-vgg, small-resnet, vgg11, vgg16, vgg11-bn, vgg16-bn, resnet20, resnet32, "
            "resnet44, plain20, plain32, plain44; or a model as for compare.",
        ),
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="N,N,…", help="Train a network from each. [0,1,2]")
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Take the weights of a trained network; give it again for more. None is trained "
            "then.",
        ),
    ] = None,
    train_data: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Train on this; else on the training part of --data."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Train for N epochs. [30]")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(metavar="N", help="Put N inputs into a batch. [64]")
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(metavar="RATE", help="Train at this rate at most. [0.05]")
    ] = None,
    weight_decay: Annotated[
        float | None, typer.Option(metavar="RATE", help="Shrink weights at this rate. [0.0005]")
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option("--augment", help="Train on images that are mirrored and moved at random."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Compare on at most N inputs.")
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="Which layers to compare, as for compare; give it again for more.",
        ),
    ] = None,
    mask: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Which entry of a batch says which positions count."),
    ] = None,
    eps: Annotated[
        str | None,
        typer.Option(metavar="E,E,…", help="Take matches apart at these. [0.1,0.2,0.3,0.5]"),
    ] = None,
    center: Annotated[
        bool | None, typer.Option("--center", help="Subtract each neuron's mean first.")
    ] = None,
    ridge: Annotated[
        str | None,
        typer.Option(
            metavar="λ",
            help="For few samples: let a match pay λ for the square of its weights, on columns of "
            "length 1. One λ for all curves, so auto is none here.",
        ),
    ] = None,
    nulls: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Match N times more, with inputs circularly shifted, to tell what is chance. [19]",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(metavar="N", help="Assign inputs to N folds, for intervals. [16]"),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="Keep pairs, which is everything, or spectra, everything but the pairs: far "
            "smaller. [pairs]",
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="Run networks on cpu or cuda. [cpu]")] = None,
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", help="Let torch use N threads; networks depend on it. [1]"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Do again what is there, and replace it.")
    ] = False,
) -> None:
    """Train a network from every seed, compare all pairs and the controls, write a report.

    For a first try: spanmatch experiment --data digits --arch small-vgg --out DIR
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
            "--ridge auto chooses a λ for each layer, and an experiment compares its curves at "
            "one: give a number, as spanmatch compare --ridge auto --folds 16 finds some"
        )
    return ridge


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="Of an experiment, or of a comparison of three networks or more.",
            show_default=False,
        ),
    ],
) -> None:
    """Write report.html again, from what is in the folder of an experiment or of many networks."""
    with translate_errors():
        from spanmatch.cli.report_job import write_page

        echo(write_page(folder))

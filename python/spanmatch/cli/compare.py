"""The command that compares two models: its arguments."""

from pathlib import Path
from typing import Annotated

import typer

from spanmatch.cli.exit_codes import refuse_wrong_usage, translate_errors
from spanmatch.cli.options import (
    AsJson,
    Center,
    Folds,
    Layers,
    Levels,
    Nulls,
    Seed,
    Threads,
    Tokenizer,
    parse_levels,
)

ModelA = Annotated[
    str,
    typer.Argument(
        metavar="MODEL_A",
        help="torchvision:NAME, timm:NAME, hf:NAME, an architecture of experiment, or a function "
        "that returns a model: file.py:factory, package.module:factory, 'file.py:factory(k=3)'.",
        show_default=False,
    ),
]
ModelB = Annotated[
    str, typer.Argument(metavar="MODEL_B", help="The same for model B.", show_default=False)
]
CheckpointA = Annotated[
    Path | None,
    typer.Option("--checkpoint-a", metavar="FILE", help="The weights of A, in place of the usual."),
]
CheckpointB = Annotated[
    Path | None, typer.Option("--checkpoint-b", metavar="FILE", help="The weights of B.")
]
SeedA = Annotated[
    int | None, typer.Option("--seed-a", metavar="N", help="Give A random weights, of this seed.")
]
SeedB = Annotated[
    int | None, typer.Option("--seed-b", metavar="N", help="Give B random weights, of this seed.")
]
Data = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="digits, mnist5k, cifar10:FOLDER, imagefolder:FOLDER, text:FILE, npz:FILE, or a "
        "function that returns batches, as for models.",
        show_default=False,
    ),
]
LayersB = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="The layers of B where their names differ, paired with those of A in order.",
        show_default=False,
    ),
]
AllPairs = Annotated[
    bool, typer.Option("--all-pairs", help="Compare every layer of A with every layer of B.")
]
Axis = Annotated[
    int | None,
    typer.Option(metavar="N", help="The axis of the neurons, where layers do not tell it."),
]
Mask = Annotated[
    str | None,
    typer.Option(metavar="KEY", help="What in a batch says which positions count."),
]
InputAxis = Annotated[
    int,
    typer.Option(
        min=0, metavar="N", help="The axis of the inputs in the data: 1 for time-first sequences."
    ),
]
Items = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="What in a batch says how many rows each input has, where these lie one after the "
        "other.",
    ),
]
MaxNeurons = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Leave out layers of more neurons than N."),
]
Trace = Annotated[
    bool,
    typer.Option(
        "--trace/--no-trace",
        help="Find out first which rows of every layer are of which input; without it the first "
        "axis is taken for that of the inputs.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Where results go. The same command again goes on with what is there.",
        show_default=False,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The picture: .png, .svg or .pdf; by default comparison.png in DIR.",
        show_default=False,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(help="cpu or cuda; by default a GPU, where there is one.", show_default=False),
]


def compare(
    model_a: ModelA,
    model_b: ModelB,
    *,
    data: Data,
    out: Out,
    checkpoint_a: CheckpointA = None,
    checkpoint_b: CheckpointB = None,
    seed_a: SeedA = None,
    seed_b: SeedB = None,
    layers: Layers = None,
    layers_b: LayersB = None,
    all_pairs: AllPairs = False,
    center: Center = False,
    split: Annotated[str | None, typer.Option(help="Of the data: test or train.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many inputs, evenly spread.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Inputs in a batch.")
    ] = None,
    max_batches: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many batches.")
    ] = None,
    axis: Axis = None,
    mask: Mask = None,
    input_axis: InputAxis = 0,
    items: Items = None,
    max_neurons: MaxNeurons = None,
    trace: Trace = True,
    tokenizer: Tokenizer = None,
    nulls: Nulls = 0,
    folds: Folds = 0,
    seed: Seed = 0,
    device: Device = None,
    eps: Levels = None,
    plot: Plot = None,
    as_json: AsJson = False,
    threads: Threads = None,
) -> None:
    """Compare two models layer by layer, on the same data.

    Under torchrun the processes share the work: torchrun --nproc-per-node N -m spanmatch compare …
    """
    with translate_errors():
        from spanmatch.cli.compare_job import Destination, run
        from spanmatch.torch.comparing.options import CompareOptions
        from spanmatch.torch.loading.tokenizers import find_tokenizer
        from spanmatch.torch.resuming.config import CompareConfig, NamedData, NamedModel
        from spanmatch.torch.resuming.ranks import choose_device

        levels = parse_levels(eps)
        with refuse_wrong_usage():
            options = CompareOptions(
                layers=tuple(layers) if layers else None,
                layers_b=tuple(layers_b) if layers_b else None,
                all_pairs=all_pairs,
                center=center,
                axis=axis,
                mask=mask,
                input_axis=input_axis,
                items=items,
                max_neurons=max_neurons,
                trace=trace,
                max_batches=max_batches,
                nulls=nulls,
                folds=folds,
                seed=seed,
                device=choose_device(device),
            )
            if tokenizer is None:
                tokenizer = find_tokenizer(data, [model_a, model_b])
        config = CompareConfig(
            NamedModel(model_a, _as_text(checkpoint_a), seed_a),
            NamedModel(model_b, _as_text(checkpoint_b), seed_b),
            NamedData(
                name=data, split=split, limit=limit, batch_size=batch_size, tokenizer=tokenizer
            ),
            options,
        )
        run(config, Destination(out, plot, as_json, levels), threads)


def _as_text(path: Path | None) -> str | None:
    return None if path is None else str(path)

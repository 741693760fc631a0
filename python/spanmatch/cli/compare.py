"""The command that compares two models: its arguments."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from spanmatch.base.memory import as_bytes
from spanmatch.cli.by_glob import parse_axes, parse_masks
from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage, translate_errors
from spanmatch.cli.options import (
    AsJson,
    Calibrate,
    Center,
    Folds,
    Layers,
    Levels,
    Nulls,
    Ridge,
    Seed,
    Threads,
    Tokenizer,
    parse_levels,
    parse_ridge,
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
    typer.Option("--checkpoint-a", metavar="FILE", help="Load the weights of A from this file."),
]
CheckpointB = Annotated[
    Path | None,
    typer.Option("--checkpoint-b", metavar="FILE", help="Load those of B from this file."),
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
DataB = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Data for B, named as for --data, where B is to see other inputs. Input i of each "
        "batch stands beside input i of A's batch. --split, --limit and --batch-size hold for "
        "both.",
        show_default=False,
    ),
]
TokenizerB = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Read the text of --data-b by this tokenizer.", show_default=False
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="What sums may take, such as 4GB, for all processes of the machine together; by "
        "default half of what is free. Where all layers take more, or all pairs of layers, the "
        "models run over the data several times. Layers that a folder has left out stay left out.",
        show_default=False,
    ),
]
LayersB = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="The layers of B, where their names differ from those of A; they are paired in order.",
        show_default=False,
    ),
]
AllPairs = Annotated[
    bool,
    typer.Option(
        "--all-pairs",
        help="Compare every layer of A with every layer of B; with --nulls under one roll of the "
        "inputs, shared by all layers, and show for every layer the most alike of the other "
        "network, with a p that counts this choice.",
    ),
]
Axis = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[GLOB=]N",
        help="Which axis of a layer's output is the neurons', where the layer does not tell; 2,3 "
        "are two axes that together are. GLOB=N holds for the layers that GLOB matches, and may "
        "be given again for others; the first GLOB that matches counts.",
        show_default=False,
    ),
]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[GLOB=]KEY",
        help="Which entry of a batch says which positions count; by default attention_mask, and "
        "all whose names end so. GLOB=KEY holds for the layers that GLOB matches, and may be given "
        "again for others; the first GLOB that matches counts. GLOB= means no mask, and layers "
        "that no GLOB matches have none.",
        show_default=False,
    ),
]
InputAxis = Annotated[
    int,
    typer.Option(
        min=0, metavar="N", help="Which axis of the data runs over inputs: 1 for time-first."
    ),
]
Items = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="The key of a batch that says how many rows each input has, where inputs lie one "
        "after the other on the first axis.",
    ),
]
MaxNeurons = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Leave out layers that have more than N neurons."),
]
Trace = Annotated[
    bool,
    typer.Option(
        "--trace/--no-trace",
        help="Find out first which rows of each layer belong to which input, or take the first "
        "axis for that of the inputs.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Write the results here. When it was cut off, the same command goes on from there.",
        show_default=False,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw the picture here: .png, .svg or .pdf; by default comparison.png in DIR.",
        show_default=False,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        help="Run the models on cpu or cuda; by default on a GPU, where there is one.",
        show_default=False,
    ),
]


def compare(
    model_a: ModelA,
    model_b: ModelB,
    *,
    data: Data,
    out: Out,
    data_b: DataB = None,
    checkpoint_a: CheckpointA = None,
    checkpoint_b: CheckpointB = None,
    seed_a: SeedA = None,
    seed_b: SeedB = None,
    layers: Layers = None,
    layers_b: LayersB = None,
    all_pairs: AllPairs = False,
    center: Center = False,
    ridge: Ridge = None,
    split: Annotated[
        str | None, typer.Option(help="Take this part of the data: test or train.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Use at most N inputs, spread evenly.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Put N inputs into a batch.")
    ] = None,
    max_batches: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Use at most N batches.")
    ] = None,
    axis: Axis = None,
    mask: Mask = None,
    input_axis: InputAxis = 0,
    items: Items = None,
    max_neurons: MaxNeurons = None,
    max_memory: MaxMemory = None,
    trace: Trace = True,
    tokenizer: Tokenizer = None,
    tokenizer_b: TokenizerB = None,
    nulls: Nulls = 0,
    folds: Folds = 0,
    seed: Seed = 0,
    calibrate: Calibrate = False,
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
                ridge=parse_ridge(ridge),
                axis=parse_axes(axis),
                mask=parse_masks(mask),
                input_axis=input_axis,
                items=items,
                max_neurons=max_neurons,
                max_memory=as_bytes(max_memory, "max_memory"),
                trace=trace,
                max_batches=max_batches,
                nulls=nulls,
                folds=folds,
                seed=seed,
                calibrate=calibrate,
                device=choose_device(device),
            )
            if data_b is None and tokenizer_b is not None:
                raise WrongUsage("--tokenizer-b is for what B sees: name that by --data-b")
            sharing_a = [model_a] if data_b is not None else [model_a, model_b]
            if tokenizer is None:
                tokenizer = find_tokenizer(data, sharing_a)
            if data_b is not None and tokenizer_b is None:
                tokenizer_b = find_tokenizer(data_b, [model_b])
        of_a = NamedData(
            name=data, split=split, limit=limit, batch_size=batch_size, tokenizer=tokenizer
        )
        config = CompareConfig(
            NamedModel(model_a, _as_text(checkpoint_a), seed_a),
            NamedModel(model_b, _as_text(checkpoint_b), seed_b),
            of_a,
            options,
            None if data_b is None else replace(of_a, name=data_b, tokenizer=tokenizer_b),
        )
        run(config, Destination(out, plot, as_json, levels), threads)


def _as_text(path: Path | None) -> str | None:
    return None if path is None else str(path)

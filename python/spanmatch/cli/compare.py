"""The command `compare`, for two or more models."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from spanmatch.base.memory import as_bytes
from spanmatch.cli.by_glob import parse_axes, parse_masks
from spanmatch.cli.compare_options import (
    AllPairs,
    Arch,
    Axis,
    CheckpointA,
    CheckpointB,
    Checkpoints,
    Data,
    DataB,
    Device,
    InputAxis,
    Items,
    LayersB,
    Mask,
    MaxMemory,
    MaxNeurons,
    Models,
    Out,
    Plot,
    Reference,
    SeedA,
    SeedB,
    TokenizerB,
    Trace,
)
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
from spanmatch.cli.options_of_two import refuse_options_of_two


def compare(
    models: Models = None,
    *,
    data: Data,
    out: Out,
    arch: Arch = None,
    checkpoints: Checkpoints = None,
    reference: Reference = None,
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
        str | None, typer.Option(help="The part of the data to use: test or train.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Use at most N inputs, spread evenly.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The number of inputs in a batch.")
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
    """Compare two or more models layer by layer, on the same data.

    The networks are models, or checkpoints of one model: --arch MODEL --checkpoint 'run/step*.pt'.
    Under torchrun the processes share the work: torchrun --nproc-per-node N -m spanmatch compare …
    """
    with translate_errors():
        from spanmatch.cli.compare_job import Destination, run
        from spanmatch.cli.networks import find_layers, find_networks
        from spanmatch.torch.comparing.options import CompareOptions
        from spanmatch.torch.loading.tokenizers import find_tokenizer
        from spanmatch.torch.resuming.config import CompareConfig, NamedData, NamedModel
        from spanmatch.torch.resuming.ranks import choose_device

        levels = parse_levels(eps)
        many = layers_of_many = None
        if arch is not None or checkpoints or reference is not None or len(models or ()) != 2:
            refuse_options_of_two(
                {
                    "checkpoint_a": checkpoint_a,
                    "checkpoint_b": checkpoint_b,
                    "seed_a": seed_a,
                    "seed_b": seed_b,
                    "data_b": data_b,
                    "tokenizer_b": tokenizer_b,
                    "layers_b": layers_b,
                    "all_pairs": all_pairs,
                    "eps": levels,
                }
            )
            many = find_networks(models or (), arch, checkpoints or (), reference)
            layers_of_many = find_layers(layers, many.by_name)
        with refuse_wrong_usage():
            options = CompareOptions(
                # With many networks, each may have its own layers.
                layers=tuple(layers) if layers and many is None else None,
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
                raise WrongUsage("--tokenizer-b is for the data of B: give --data-b too")
            names = [each.name for each in many.by_name.values()] if many else list(models or ())
            if tokenizer is None:
                tokenizer = find_tokenizer(data, names if data_b is None else names[:1])
            if data_b is not None and tokenizer_b is None:
                tokenizer_b = find_tokenizer(data_b, names[1:])
        seen = NamedData(
            name=data, split=split, limit=limit, batch_size=batch_size, tokenizer=tokenizer
        )
        destination = Destination(out, plot, as_json, levels)
        if many is not None:
            from spanmatch.cli.many_job import run_many
            from spanmatch.torch.resuming.many_config import ManyConfig

            asked = ManyConfig(many.by_name, seen, options, layers_of_many, many.reference)
            run_many(asked, destination, threads)
            return
        config = CompareConfig(
            NamedModel(names[0], _as_text(checkpoint_a), seed_a),
            NamedModel(names[1], _as_text(checkpoint_b), seed_b),
            seen,
            options,
            None if data_b is None else replace(seen, name=data_b, tokenizer=tokenizer_b),
        )
        run(config, destination, threads)


def _as_text(path: Path | None) -> str | None:
    return None if path is None else str(path)

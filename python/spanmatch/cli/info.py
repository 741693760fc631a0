"""The command that lists the layers of a model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage, translate_errors
from spanmatch.cli.options import AsJson, Layers, Tokenizer

Model = Annotated[str, typer.Argument(metavar="MODEL", help="As for compare.", show_default=False)]
Checkpoint = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Load its weights from this file.")
]
ModelSeed = Annotated[
    int | None, typer.Option(metavar="N", help="Give it random weights from this seed.")
]
Data = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Run it on the first batch of this data, as for compare."),
]
Shape = Annotated[
    str | None,
    typer.Option(metavar="1,3,224,224", help="Run it on zeros of this shape, items first."),
]


def info(
    model: Model,
    *,
    checkpoint: Checkpoint = None,
    seed: ModelSeed = None,
    data: Data = None,
    shape: Shape = None,
    tokenizer: Tokenizer = None,
    layers: Layers = None,
    as_json: AsJson = False,
) -> None:
    """List the layers of a model: names, outputs, neurons.

    It runs on one batch: of --data, or zeros of --shape, or else of the size that the library says
    the model is made for.
    """
    with translate_errors():
        sizes = _parse_shape(shape)
        if data is not None and sizes is not None:
            raise WrongUsage("--data and --shape both say what the model runs on: give one of them")
        from dataclasses import asdict

        import torch

        from spanmatch.base.plain_json import format_json
        from spanmatch.cli.current_folder import importing_from_here
        from spanmatch.cli.other_bars import without_other_bars
        from spanmatch.torch.loading.default_input import make_default_input
        from spanmatch.torch.loading.tokenizers import find_tokenizer
        from spanmatch.torch.observing.layer_info import layer_info
        from spanmatch.torch.resuming.config import NamedData, NamedModel

        if tokenizer is None and data is not None:
            with refuse_wrong_usage():
                tokenizer = find_tokenizer(data, [model])
        with without_other_bars(), importing_from_here():
            given: Any = None if sizes is None else torch.zeros(sizes)
            if data is not None:
                given = next(iter(NamedData(name=data, tokenizer=tokenizer).load()))
            file = None if checkpoint is None else str(checkpoint)
            loaded = NamedModel(model, file, seed).load([] if given is None else [given])
            batch = make_default_input(model, loaded) if given is None else given
            table = layer_info(loaded, batch, layers or None)
        typer.echo(format_json([asdict(layer) for layer in table]) if as_json else repr(table))


def _parse_shape(shape: str | None) -> tuple[int, ...] | None:
    if shape is None:
        return None
    try:
        sizes = tuple(int(part) for part in shape.split(","))
    except ValueError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise WrongUsage(f"--shape is whole numbers with commas, such as 1,3,224,224, not {shape}")
    return sizes

"""The command that lists the layers of a model, or plans a comparison of it."""

from pathlib import Path
from typing import Annotated

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
    typer.Option(
        metavar="1,3,224,224",
        help="Run it on zeros of this shape, items first; of tokens, such as 8,512, for an hf: "
        "model of text.",
    ),
]
Plan = Annotated[
    bool,
    typer.Option(
        "--plan",
        help="Say what it takes to compare it with another of its kind: the memory of each layer, "
        "passes over the data, and about how much time. No weights are loaded, but with --seed.",
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="With --plan: what a pass may take, such as 4GB; by default half of what is free.",
        show_default=False,
    ),
]
AllPairs = Annotated[
    bool, typer.Option("--all-pairs", help="With --plan: every layer with every other.")
]
Nulls = Annotated[int, typer.Option(min=0, metavar="N", help="With --plan: as for compare.")]
Folds = Annotated[int, typer.Option(min=0, metavar="N", help="With --plan: as for compare.")]


def info(
    model: Model,
    *,
    checkpoint: Checkpoint = None,
    seed: ModelSeed = None,
    data: Data = None,
    shape: Shape = None,
    tokenizer: Tokenizer = None,
    layers: Layers = None,
    plan: Plan = False,
    max_memory: MaxMemory = None,
    all_pairs: AllPairs = False,
    nulls: Nulls = 0,
    folds: Folds = 0,
    as_json: AsJson = False,
) -> None:
    """List the layers of a model: names, outputs, neurons; or plan a comparison of it.

    It runs on one batch: of --data, or zeros of --shape, or else of the size that the library says
    the model is made for.
    """
    with translate_errors():
        sizes = _parse_shape(shape)
        if data is not None and sizes is not None:
            raise WrongUsage("--data and --shape both say what the model runs on: give one of them")
        given = {"max-memory": max_memory, "all-pairs": all_pairs, "nulls": nulls, "folds": folds}
        if not plan and (of_plan := next((name for name, value in given.items() if value), None)):
            raise WrongUsage(f"--{of_plan} goes with --plan: add that, or leave it out")
        if plan and checkpoint is not None:
            raise WrongUsage("--plan needs no weights: leave out --checkpoint")

        from spanmatch.base.memory import as_bytes
        from spanmatch.cli.info_job import Run, list_layers, plan_layers
        from spanmatch.torch.comparing.options import CompareOptions
        from spanmatch.torch.loading.tokenizers import find_tokenizer
        from spanmatch.torch.resuming.config import NamedData, NamedModel

        with refuse_wrong_usage():
            options = CompareOptions(
                layers=tuple(layers) if layers else None,
                all_pairs=all_pairs,
                nulls=nulls,
                folds=folds,
                max_memory=as_bytes(max_memory, "max_memory"),
            )
            if tokenizer is None and data is not None:
                tokenizer = find_tokenizer(data, [model])
        named = NamedModel(model, None if checkpoint is None else str(checkpoint), seed)
        seen = None if data is None else NamedData(name=data, tokenizer=tokenizer)
        run = Run(named, seen, sizes)
        if plan:
            plan_layers(run, options, as_json=as_json)
        else:
            list_layers(run, layers, as_json=as_json)


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

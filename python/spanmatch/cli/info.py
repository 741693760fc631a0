"""The command `info`, which lists the layers of a model or plans a comparison."""

from pathlib import Path
from typing import Annotated

import typer

from spanmatch.cli.exit_codes import WrongUsage, refuse_wrong_usage, translate_errors
from spanmatch.cli.options import AsJson, Layers, Tokenizer

Model = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="The model, named as for compare.", show_default=False),
]
Checkpoint = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Load the model's weights from this file.")
]
ModelSeed = Annotated[
    int | None, typer.Option(metavar="N", help="Give the model random weights from this seed.")
]
Data = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Run the model on the first batch of this data, named as for compare."
    ),
]
Shape = Annotated[
    str | None,
    typer.Option(
        metavar="1,3,224,224",
        help="Run the model on zeros of this shape, inputs first; on tokens, such as 8,512, for an "
        "hf: model of text.",
    ),
]
Plan = Annotated[
    bool,
    typer.Option(
        "--plan",
        help="Plan a comparison of the model with another of its kind: show the memory of each "
        "layer, the passes over the data and about how much time. Weights are made only with "
        "--seed.",
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="With --plan: the memory for sums, such as 4GB. The default is half of the free "
        "memory.",
        show_default=False,
    ),
]
AllPairs = Annotated[
    bool, typer.Option("--all-pairs", help="With --plan: compare every layer with every layer.")
]
Nulls = Annotated[
    int, typer.Option(min=0, metavar="N", help="With --plan: the number of nulls, as for compare.")
]
Folds = Annotated[
    int, typer.Option(min=0, metavar="N", help="With --plan: the number of folds, as for compare.")
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
    plan: Plan = False,
    max_memory: MaxMemory = None,
    all_pairs: AllPairs = False,
    nulls: Nulls = 0,
    folds: Folds = 0,
    as_json: AsJson = False,
) -> None:
    """List the layers of a model, or plan a comparison.

    The model runs on one batch: the first of --data, or zeros of --shape, or else zeros of the size
    that its library names.
    """
    with translate_errors():
        sizes = _parse_shape(shape)
        if data is not None and sizes is not None:
            raise WrongUsage("--data and --shape both say what the model runs on: give one of them")
        given = {"max-memory": max_memory, "all-pairs": all_pairs, "nulls": nulls, "folds": folds}
        if not plan and (of_plan := next((name for name, value in given.items() if value), None)):
            raise WrongUsage(f"--{of_plan} needs --plan: add --plan, or leave out --{of_plan}")
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
        raise WrongUsage(
            f"--shape takes whole numbers separated by commas, such as 1,3,224,224, not {shape}"
        )
    return sizes

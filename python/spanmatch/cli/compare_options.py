"""The arguments and options of `compare` alone: how each is spelled, and explained."""

from pathlib import Path
from typing import Annotated

import typer

Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL_A MODEL_B [MODEL_C …]",
        help="torchvision:NAME, timm:NAME, hf:NAME, hf:NAME@REVISION, an architecture of "
        "experiment, or a function that returns a model: file.py:factory, package.module:factory, "
        "'file.py:factory(k=3)'.",
        show_default=False,
    ),
]
Arch = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="The model that every --checkpoint holds weights of: each is a network.",
        show_default=False,
    ),
]
Checkpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--checkpoint",
        metavar="GLOB|FILE",
        help="Files of weights, as 'run/step*.pt', step2 before step10; give it again for more. "
        "Without --arch as many as models, in their order.",
        show_default=False,
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Compare each network with this one alone: its name, model, file or place, as 0 or "
        "-1. By default each is compared with every other.",
        show_default=False,
    ),
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

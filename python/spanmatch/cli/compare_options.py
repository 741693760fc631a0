"""The arguments and options of `compare`, with their help texts."""

from pathlib import Path
from typing import Annotated

import typer

Models = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="MODEL_A MODEL_B [MODEL_C …]",
        help="torchvision:NAME, timm:NAME, hf:NAME, hf:NAME@REVISION, hf:FOLDER, an architecture "
        "of experiment, or a function that returns a model: file.py:factory, "
        "package.module:factory, 'file.py:factory(k=3)'.",
        show_default=False,
    ),
]
Arch = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="The model of all checkpoints. Each --checkpoint is then a network.",
        show_default=False,
    ),
]
Checkpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--checkpoint",
        metavar="GLOB|FILE",
        help="Files of weights, such as 'run/step*.pt'; repeat the option for more. step2 comes "
        "before step10. Without --arch give one file for each model, in the same order.",
        show_default=False,
    ),
]
Reference = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Compare each network with this one only: a name, a model, a file or a place, such as "
        "0 or -1. The default is to compare each with every other.",
        show_default=False,
    ),
]
CheckpointA = Annotated[
    Path | None,
    typer.Option("--checkpoint-a", metavar="FILE", help="Load the weights of A from this file."),
]
CheckpointB = Annotated[
    Path | None,
    typer.Option("--checkpoint-b", metavar="FILE", help="Load the weights of B from this file."),
]
SeedA = Annotated[
    int | None, typer.Option("--seed-a", metavar="N", help="Give A random weights from this seed.")
]
SeedB = Annotated[
    int | None, typer.Option("--seed-b", metavar="N", help="Give B random weights from this seed.")
]
Data = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="The data: digits, mnist5k, cifar10:FOLDER, imagefolder:FOLDER, text:FILE, npz:FILE, "
        "or a function that returns batches, such as file.py:factory.",
        show_default=False,
    ),
]
DataB = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Other data for B, named as for --data. Input i of each batch is paired with input i "
        "of A's batch. --split, --limit and --batch-size apply to both.",
        show_default=False,
    ),
]
TokenizerB = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The tokenizer of text: data of --data-b.", show_default=False
    ),
]
MaxMemory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="The memory for sums, such as 4GB, for all processes of the machine together. The "
        "default is half of the free memory. If all layers together take more, the models run over "
        "the data several times. Layers that a folder has left out stay left out.",
        show_default=False,
    ),
]
LayersB = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="The layers of B, if their names differ from those of A. They are paired in order.",
        show_default=False,
    ),
]
AllPairs = Annotated[
    bool,
    typer.Option(
        "--all-pairs",
        help="Compare every layer of A with every layer of B. With --nulls, also show for every "
        "layer the best layer of the other network, with a p-value that accounts for this search.",
    ),
]
Axis = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[GLOB=]N",
        help="The neurons' axis of a layer's output, if it cannot be found out; 2,3 are two axes "
        "that are the neurons together. GLOB=N applies to the layers that GLOB matches. Repeat the "
        "option for other layers; the first GLOB that matches counts.",
        show_default=False,
    ),
]
Mask = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[GLOB=]KEY",
        help="The entry of a batch that says which positions count. The default is attention_mask, "
        "and all entries whose names end so. GLOB=KEY applies to the layers that GLOB matches. "
        "Repeat the option for other layers; the first GLOB that matches counts. GLOB= is no mask. "
        "Layers that no GLOB matches have no mask.",
        show_default=False,
    ),
]
InputAxis = Annotated[
    int,
    typer.Option(
        min=0, metavar="N", help="The axis of the data that runs over inputs: 1 for time first."
    ),
]
Items = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="The key of a batch that holds the number of rows of each input, if inputs lie one "
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
        help="Find out which rows of each layer belong to which input, or take the first axis for "
        "the inputs.",
    ),
]
Out = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="The folder for the results. After an interruption the same command resumes there.",
        show_default=False,
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw the picture to this file: .png, .svg or .pdf. The default is comparison.png in "
        "the folder of --out.",
        show_default=False,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        help="Run the models on cpu or cuda. The default is a GPU, if there is one.",
        show_default=False,
    ),
]

"""The demo: trains two networks, prints tables of their matches, and draws a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from spanmatch.base.atomic import check_writable
from spanmatch.cli.demo.networks import BATCH, measure_accuracy, train
from spanmatch.plot.figure_file import save_figure
from spanmatch.plot.similarity import draw_similarity
from spanmatch.solve.structure import simple_matches, support
from spanmatch.solve.undersampled import silence_undersampled_warnings
from spanmatch.torch.comparing.compare import compare
from spanmatch.torch.loading.data.digits import split_digits

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.torch.loading.data.digits import Digits

EPS = [tenths / 10 for tenths in range(1, 10)]
SOME_EPS = EPS[2::2]
HALF = 0.5
THREADS = 1  # More threads gain little here, and trained weights depend on their number.
WIDTH = 80


def run(picture: Path) -> None:
    """Train two networks, compare every layer on held-out images, print a table, draw a picture."""
    # A path that cannot be written must fail now, not after the work.
    picture.parent.mkdir(parents=True, exist_ok=True)
    check_writable(picture)
    torch.set_num_threads(THREADS)
    console = Console(highlight=False, markup=False)
    data = split_digits()
    with Progress(console=console, transient=True) as progress:
        network_a, network_b = (_train(data, seed, progress) for seed in (0, 1))
    layers = [name for name, _ in network_a.named_children()]
    batches = data.test_images.split(BATCH)
    comparison = compare(network_a, network_b, batches, layers=layers, progress=console.is_terminal)
    columns, structures = {}, {}
    for layer, result in comparison.items():
        answer = comparison.solved(layer)
        columns[str(layer)] = _describe_answer(answer, inputs=len(data.test_images))
        structures[str(layer)] = _describe_structure(comparison.pair(layer), result)
    console.print(_fill_table(LABELS, columns), width=WIDTH)
    console.print(EXPLANATION, width=WIDTH)
    console.print(_fill_table(STRUCTURE_LABELS, structures), width=WIDTH)
    console.print(STRUCTURE_EXPLANATION, width=WIDTH)
    title = "Two networks trained on digits from different seeds: how much do they share?"
    save_figure(
        draw_similarity({str(key): comparison.solved(key) for key in comparison}, title), picture
    )
    console.print(f"Picture: {picture}", soft_wrap=True)


EXPLANATION = """
s(ε) is the part of all neurons of both networks in the maximum match: the largest two sets, one \
of each network, whose neurons all lie within relative distance ε of the other set's span. Dead \
neurons count among all. The area is the mean of s(ε) over all ε.

s1(ε) is the part in disjoint pairs of single neurons within ε. near(ε) is the part that has a \
single partner within ε, which others may have too. So s1 ≤ near ≤ s. s1 is shared one by one, \
near − s1 one by one but repeated, and s − near only in another basis.

The chance level is the residual to expect of an unrelated neuron. A match at an ε at or above it, \
shown as (s), says nothing. In a convolution the neurons are channels, and every position is a \
sample. Positions of one image depend on each other, so the true chance level lies lower there.
"""

STRUCTURE_EXPLANATION = """
This table describes the maximum match at the smallest ε at which half of the layer matches. (ε) \
is at or above the chance level. none: at no ε does half of the layer match.

A simple match is a match that is not a union of smaller matches. The simple matches counted here \
have the maximum match as their union. The core of a neuron is the set of neurons that every match \
of it must hold. Sizes count neurons of both networks.
"""


def _train(data: Digits, seed: int, progress: Progress) -> nn.Sequential:
    task = progress.add_task(f"Training the network of seed {seed}", total=None)
    network = train(
        data, seed, lambda done, total: progress.update(task, completed=done, total=total)
    )
    accuracy = measure_accuracy(network, data)
    progress.console.print(f"Network of seed {seed}: {accuracy:.1%} test accuracy")
    return network


def _fill_table(labels: list[str], columns: dict[str, list[str]]) -> Table:
    """Return a table with a column for each layer, so that it fits a narrow terminal."""
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("layer")
    for layer in columns:
        table.add_column(layer, justify="right")
    for label, *cells in zip(labels, *columns.values(), strict=True):
        table.add_row(label, *cells, end_section=label in SECTION_ENDS)
    return table


LABELS = [
    "neurons",
    "dead neurons",
    "samples",
    "inputs",
    "chance level",
    *(f"s({eps})" for eps in EPS),
    "area",
    *(f"near({eps})" for eps in SOME_EPS),
    *(f"s1({eps})" for eps in SOME_EPS),
    "area of s1",
]
SECTION_ENDS = [
    "chance level",
    *("area", f"near({SOME_EPS[-1]})"),
    *("matched neurons", "largest size"),
]


def _describe_answer(answer: LayerAnswer, inputs: int) -> list[str]:
    result, pairs = answer.spectrum, answer.one_to_one
    assert pairs is not None  # `compare` has just found them
    dead_x, dead_y = result.dead
    chance = result.chance_level
    similarities = [(eps >= chance, f"{result.similarity(eps):.2f}") for eps in EPS]
    return [
        f"{result.x.size} + {result.y.size}",
        f"{dead_x.size} + {dead_y.size}",
        f"{result.n_samples}",
        f"{inputs}",
        f"{chance:.2f}",
        *(f"({figure})" if by_chance else f"{figure} " for by_chance, figure in similarities),
        f"{result.area:.2f} ",
        *(f"{share:.2f} " for share in pairs.near(SOME_EPS)),
        *(f"{share:.2f} " for share in pairs.similarity(SOME_EPS)),
        f"{pairs.area:.2f} ",
    ]


STRUCTURE_LABELS = [
    "ε for half",
    "matched neurons",
    "simple matches",
    "median size",
    "largest size",
    "median core",
    "largest core",
]


def _describe_structure(pair: ActivationPair, result: MatchSpectrum) -> list[str]:
    """Describe the maximum match at the smallest ε at which half of the layer matches."""
    eps = result.eps_for(HALF)
    if math.isinf(eps):
        return ["none ", *["– "] * (len(STRUCTURE_LABELS) - 1)]
    with silence_undersampled_warnings():  # The table shows the chance level.
        parts, supporters = simple_matches(pair, eps=eps), support(pair, eps=eps)
    sizes = [len(part) for part in parts]
    cores = supporters.matrix.sum(axis=0)
    by_chance = eps >= result.chance_level
    figures = [len(supporters.neurons), len(parts), np.median(sizes), max(sizes)]
    figures += [np.median(cores), cores.max()]
    return [
        f"({eps:.2f})" if by_chance else f"{eps:.2f} ",
        *(f"{figure:g} " for figure in figures),
    ]

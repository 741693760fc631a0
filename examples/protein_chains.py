"""Protein chains as batches of backbones: read from PDB files, padded and masked."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch
from torch.nn.utils.rnn import pad_sequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Chain: TypeAlias = "dict[str, torch.Tensor]"
"""A residue's atoms, amino acid, number in the file, chain and mask, each along axis 0."""

CODES = "ALA CYS ASP GLU PHE GLY HIS ILE LYS LEU MET ASN PRO GLN ARG SER THR VAL TRP TYR"
AMINO_ACIDS = dict(zip(CODES.split(), "ACDEFGHIKLMNPQRSTVWY", strict=True))
LETTERS = "".join(AMINO_ACIDS.values()) + "X"
"""What the 21 outputs of the networks stand for; X is any other residue."""
BACKBONE = ("N", "CA", "C", "O")


def read_chains(archive: str | Path, pattern: str = "dssp/?????.pdb.gz") -> list[Chain]:
    """Return the chains of the PDB files in a tar archive whose names end so, in their order."""
    with tarfile.open(archive) as files:
        members = {
            member.name: member for member in files if Path(member.name).match(f"*/{pattern}")
        }
        texts = (files.extractfile(members[name]) for name in sorted(members))
        chains = [read_chain(gzip.decompress(text.read()).decode()) for text in texts if text]
    if not chains:
        raise ValueError(f"{archive} has no file {pattern}: pass the source archive of the chains")
    return chains


def read_chain(text: str) -> Chain:
    """Return the residues of a PDB file that have all four atoms of the backbone."""
    residues = list(_complete_residues(text))
    return {
        "X": torch.tensor([atoms for _, _, atoms in residues]),
        "S": torch.tensor([LETTERS.index(AMINO_ACIDS.get(name, "X")) for _, name, _ in residues]),
        "R_idx": torch.tensor([number for number, _, _ in residues]),
        "chain_labels": torch.zeros(len(residues), dtype=torch.int64),
        "mask": torch.ones(len(residues), dtype=torch.bool),
    }


def as_batches(chains: Sequence[Chain], size: int) -> list[Chain]:
    """Return batches of so many chains, padded to the longest: `mask` is False there."""
    return [
        {
            name: pad_sequence([chain[name] for chain in chains[start : start + size]], True)
            for name in chains[0]
        }
        for start in range(0, len(chains), size)
    ]


def _complete_residues(text: str) -> Iterator[tuple[int, str, list[list[float]]]]:
    residues: dict[str, tuple[str, dict[str, list[float]]]] = {}
    for line in text.splitlines():
        if line.startswith("ATOM"):
            _, atoms = residues.setdefault(line[22:27], (line[17:20], {}))
            place = [float(line[start : start + 8]) for start in (30, 38, 46)]
            atoms.setdefault(line[12:16].strip(), place)
    for number, (name, atoms) in residues.items():
        if all(atom in atoms for atom in BACKBONE):
            yield int(number[:4]), name, [atoms[atom] for atom in BACKBONE]

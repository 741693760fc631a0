"""What decides a comparison of two models that are given by name, as it can be written down."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from spanmatch._core import __version__
from spanmatch.torch.loading.data import load_data
from spanmatch.torch.loading.data.batches import ChosenBatches
from spanmatch.torch.loading.digests import digest_of
from spanmatch.torch.loading.models import load_model

if TYPE_CHECKING:
    from torch import nn

    from spanmatch.torch.loading.data import Batches


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """The arguments of `load_model`, `load_data` and `compare`, as plain values."""

    model_a: str
    model_b: str
    checkpoint_a: str | None = None
    checkpoint_b: str | None = None
    seed_a: int | None = None
    seed_b: int | None = None
    data: str
    split: str | None = None
    limit: int | None = None
    batch_size: int | None = None
    max_batches: int | None = None
    tokenizer: str | None = None
    layers: tuple[str, ...] | None = None
    layers_b: tuple[str, ...] | None = None
    all_pairs: bool = False
    center: bool = False
    axis: int | None = None
    mask: str | None = None
    nulls: int = 0
    folds: int = 0
    seed: int = 0
    device: str = "cpu"

    def models(self) -> tuple[nn.Module, nn.Module]:
        """Load both models."""
        return (
            load_model(self.model_a, checkpoint=self.checkpoint_a, seed=self.seed_a),
            load_model(self.model_b, checkpoint=self.checkpoint_b, seed=self.seed_b),
        )

    def batches(self) -> Batches:
        """Return the data, in an order that says nothing where nulls are to be rolled."""
        given = {} if self.tokenizer is None else {"tokenizer": self.tokenizer}
        batches = load_data(
            self.data, batch_size=self.batch_size, split=self.split, limit=self.limit, **given
        )
        if self.nulls and isinstance(batches, ChosenBatches):
            order = torch.Generator().manual_seed(self.seed % 2**63)
            return replace(batches.shuffled(order), none_alone=True)
        return batches

    def recorded(self) -> dict[str, Any]:
        """Return all of it as JSON has it, with what tells the content of the files it names.

        Of folders, and of modules that are imported by name, the content is not looked at.
        """
        given = asdict(self)
        for name in ("layers", "layers_b"):
            given[name] = given[name] and list(given[name])
        names = ("model_a", "model_b", "checkpoint_a", "checkpoint_b", "data")
        contents = {
            f"{name}_sha256": digest for name in names if (digest := digest_of(given[name]))
        }
        return {"spanmatch": __version__, **given, **contents}

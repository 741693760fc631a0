"""The config of a comparison of models that are given by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from spanmatch._core import __version__
from spanmatch.torch.loading.architectures import ARCHITECTURES
from spanmatch.torch.loading.architectures.sizes import count_channels
from spanmatch.torch.loading.calls import split_call
from spanmatch.torch.loading.data.batches import ChosenBatches
from spanmatch.torch.loading.data.named import load_data
from spanmatch.torch.loading.data.shuffled import is_shuffled
from spanmatch.torch.loading.digests import hash_named_file
from spanmatch.torch.loading.models import load_model
from spanmatch.torch.loading.weightless import build_weightless

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.loading.data.named import Batches


@dataclass(frozen=True)
class NamedModel:
    """The arguments of `load_model`."""

    name: str
    checkpoint: str | None = None
    seed: int | None = None

    def load(self, batches: Iterable[Any] = ()) -> nn.Module:
        """Load the model; one of our architectures without weights is made for these images."""
        sizes = self._count_sizes(batches)
        return load_model(self.name, checkpoint=self.checkpoint, seed=self.seed, **sizes)

    def build_weightless(self, batches: Iterable[Any] = ()) -> nn.Module:
        """Build the model without weights: see `build_weightless`."""
        return build_weightless(self.name, **self._count_sizes(batches))

    def _count_sizes(self, batches: Iterable[Any]) -> dict[str, int]:
        name, said = split_call(self.name)
        if name in ARCHITECTURES and self.checkpoint is None and "channels" not in said:
            return count_channels(next(iter(batches), None))
        return {}


@dataclass(frozen=True, kw_only=True)
class NamedData:
    """The arguments of `load_data`."""

    name: str
    split: str | None = None
    limit: int | None = None
    batch_size: int | None = None
    tokenizer: str | None = None

    def load(self) -> Batches:
        """Load the data."""
        given = {} if self.tokenizer is None else {"tokenizer": self.tokenizer}
        return load_data(
            self.name, batch_size=self.batch_size, split=self.split, limit=self.limit, **given
        )

    def load_for(self, options: CompareOptions, *, shuffles: bool) -> Batches:
        """Load the data; with `shuffles`, shuffle the library's own by the seed of the options."""
        batches = self.load()
        if shuffles and isinstance(batches, ChosenBatches):
            order = torch.Generator().manual_seed(options.seed % 2**63)
            return replace(batches.shuffle(order), none_alone=True)
        return batches


@dataclass(frozen=True)
class CompareConfig:
    """Two models, the data and the options, with layers and masks by name as JSON can hold."""

    model_a: NamedModel
    model_b: NamedModel
    data: NamedData
    options: CompareOptions
    data_b: NamedData | None = None
    """The data of B; None for those of A."""

    def __post_init__(self) -> None:
        names = [self.data.name, self.data.name if self.data_b is None else self.data_b.name]
        if len({is_shuffled(name, self.options.nulls) for name in names}) > 1:
            raise ValueError(
                f"`nulls` need inputs in an order that says nothing: of {names[0]} and {names[1]} "
                "one would be shuffled for them, and the other not, so that they no longer "
                "correspond; let functions give both"
            )

    def load_models(
        self, batches: Iterable[Any] = (), batches_b: Iterable[Any] = ()
    ) -> tuple[nn.Module, nn.Module]:
        """Load both models, to run over these batches."""
        return self.model_a.load(batches), self.model_b.load(batches_b)

    @property
    def shuffles(self) -> bool:
        """Whether the data are shuffled: for nulls, unless they come from a user's function."""
        return is_shuffled(self.data.name, self.options.nulls)

    def load_batches(self) -> Batches:
        """Load the data, shuffled if there are to be nulls."""
        return self.data.load_for(self.options, shuffles=self.shuffles)

    def load_batches_b(self, batches: Batches) -> Batches:
        """Load the data of B, in the same order as those of A.

        Raises
        ------
        ValueError
            A and B have different numbers of inputs, counted before any limit.
        """
        data_b = self.data if self.data_b is None else self.data_b
        batches_b = data_b.load_for(self.options, shuffles=self.shuffles)
        if isinstance(batches, ChosenBatches) and isinstance(batches_b, ChosenBatches):
            n_a, n_b = batches.examples.count, batches_b.examples.count
            if n_a != n_b:
                raise ValueError(
                    f"`data` has {n_a} examples, and `data_b` {n_b}: input i of the one has to "
                    "stand beside input i of the other"
                )
        return batches_b

    def to_dict(self) -> dict[str, Any]:
        """Return the values of `config.json`, with hashes of the files in names.

        The content of folders, and of modules that are imported by name, is not hashed.
        """
        data = asdict(self.data)
        named = {
            "model_a": self.model_a.name,
            "model_b": self.model_b.name,
            "checkpoint_a": self.model_a.checkpoint,
            "checkpoint_b": self.model_b.checkpoint,
            "data": data.pop("name"),
            "data_b": None if self.data_b is None else self.data_b.name,
        }
        tokenizer_b = None if self.data_b is None else self.data_b.tokenizer
        seeds = {"seed_a": self.model_a.seed, "seed_b": self.model_b.seed}
        return {
            "spanmatch": __version__,
            **named,
            **seeds,
            **data,
            "tokenizer_b": tokenizer_b,
            **list_options(self.options),
            **hash_contents(named),
        }


def list_options(options: CompareOptions) -> dict[str, Any]:
    """Return the options that affect the result, as JSON keeps them."""
    return {
        name: _to_plain(value)
        for name, value in asdict(options).items()
        # Memory does not change results, and calibrations can be added to a folder, so neither is
        # part of the config. Folders of versions without a ridge do not have one.
        if name not in ("max_memory", "calibrate") and not (name == "ridge" and value is None)
    }


def hash_contents(named: Mapping[str, str | None]) -> dict[str, str]:
    """Return the hashes of the files in names."""
    return {
        f"{name}_sha256": digest
        for name, value in named.items()
        if (digest := hash_named_file(value))
    }


def _to_plain(value: Any) -> Any:
    """Return plain lists for JSON; a mapping becomes a list of pairs, since its order counts.

    >>> _to_plain({"*.heads": (2, 3), "*": 1})
    [['*.heads', [2, 3]], ['*', 1]]
    """
    if isinstance(value, Mapping):
        return [[name, _to_plain(part)] for name, part in value.items()]
    return [_to_plain(part) for part in value] if isinstance(value, tuple) else value

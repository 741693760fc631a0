"""The part of a comparison that one process runs: some batches, and the missing layers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from spanmatch.comparison.keys import Key, find_layer
from spanmatch.torch.comparing.batch_digest import BatchLog
from spanmatch.torch.comparing.collect import collect_pairs
from spanmatch.torch.comparing.collector import Collected
from spanmatch.torch.comparing.layer_pairs import choose_both, pair_layers
from spanmatch.torch.comparing.pairing import choose_pairing
from spanmatch.torch.observing.said_of_layers import keep_matching
from spanmatch.torch.resuming.batch_share import BatchShare
from spanmatch.torch.resuming.state import FolderPairs, FolderState, make_outline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from torch import nn

    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.parts import Order
    from spanmatch.torch.loading.data.named import Batches
    from spanmatch.torch.resuming.config import CompareConfig
    from spanmatch.torch.resuming.folder import Outline
    from spanmatch.torch.resuming.ranks import Ranks


@dataclass
class Share:
    """The batches and layers that one process runs."""

    folder: Path
    config: CompareConfig
    ranks: Ranks
    state: FolderState
    budget: int | None
    """The bytes that the sums may take."""
    progress: bool
    pairs: Mapping[Key, ActivationPair] = field(default_factory=dict)
    """The sums of the run."""
    order: Order = ((), ())
    """All layers of A and B in the order of the result, whether or not they are missing."""

    @property
    def is_written(self) -> bool:
        """Whether the pairs are in the folder already, because there were several passes."""
        return isinstance(self.pairs, FolderPairs)

    def run(self) -> Outline:
        """Run both models over this process's share of the batches."""
        found: Collected[ActivationPair] = Collected({}, {}, 0)
        log = BatchLog()
        data, batches_b = self.config.load_batches(), None
        batches = self._take(data)
        if self.config.data_b is not None:
            batches_b = self._take(self.config.load_batches_b(data))
        if len(batches) > 0:
            found = self._collect(batches, batches_b, log)
        self.pairs = found.pairs
        if isinstance(found.pairs, FolderPairs):
            return found.pairs.outline
        return make_outline(found, log)

    def _take(self, batches: Batches) -> BatchShare:
        stop = self.config.options.max_batches
        return BatchShare(batches, self.ranks.rank, self.ranks.size, stop)

    def _collect(
        self, batches: BatchShare, batches_b: BatchShare | None, log: BatchLog
    ) -> Collected[ActivationPair]:
        options, missing = self.config.options, self.state.missing
        models = self.config.load_models(batches, batches if batches_b is None else batches_b)
        self.order = choose_pairing(models, options).order
        mine = replace(
            choose_missing(options, models, missing) if missing else options,
            device=self.ranks.device,
            # The share ends with the batches.
            max_batches=None,
            # Each process has its own circular shifts: with equal ones, fewer nulls would differ.
            seed=(options.seed + self.ranks.rank) % 2**64,
        )
        # With several processes no pair is complete before all of them have finished.
        alone = self.ranks.size == 1
        return collect_pairs(
            models,
            batches,
            mine,
            data_b=batches_b,
            only=find_missing_pairs(missing, self.order) if missing else None,
            kept=partial(FolderPairs, self.folder, self.state, self.order, log) if alone else None,
            log=log,
            budget=self.budget,
            progress=self.progress,
        )


def choose_missing(
    options: CompareOptions, models: tuple[nn.Module, nn.Module], missing: Sequence[Key]
) -> CompareOptions:
    """Return the options with only the layers whose pairs are missing."""
    if not options.all_pairs:
        pairs, _ = pair_layers(models, options)
        wanted = _find_modules(map(str, missing), pairs)
        chosen = {name: pairs[name] for name in wanted}
        return _choose_layers(options, chosen, None, [*chosen, *chosen.values()])
    layers, layers_b = (
        _find_modules((key[side] for key in missing), chosen.modules)
        for side, chosen in enumerate(choose_both(models, options))
    )
    return _choose_layers(options, layers, layers_b, [*layers, *layers_b])


def find_missing_pairs(missing: Sequence[Key], order: Order) -> set[tuple[str, str]]:
    """Return the pairs of layers for which the pair of at least one call is missing."""
    return {
        (find_layer(key[0], order[0]), find_layer(key[1], order[1]))
        for key in missing
        if isinstance(key, tuple)
    }


def _choose_layers(
    options: CompareOptions,
    layers: Sequence[str] | Mapping[str, str],
    layers_b: Sequence[str] | None,
    names: Collection[str],
) -> CompareOptions:
    """Return the options with only these layers, and the masks and axes that apply to them."""
    return replace(
        options,
        layers=layers,
        layers_b=layers_b,
        axis=keep_matching(options.axis, names),
        mask=keep_matching(options.mask, names),
    )


def _find_modules(labels: Iterable[str], names: Collection[str]) -> list[str]:
    """Return the modules of labels: the label `relu#1`, a second call, is of the module `relu`."""
    wanted = {find_layer(name, names) for name in labels}
    return [name for name in names if name in wanted]

"""The state of a comparison's folder, to which each pass over the data adds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.comparing.kept_pairs import KeptPairs
from spanmatch.torch.resuming.folder import Outline, write_outline

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.batch_digest import BatchLog
    from spanmatch.torch.comparing.collector import Collected
    from spanmatch.torch.comparing.parts import Order


@dataclass(frozen=True)
class FolderState:
    """The outline of the folder."""

    folds: int
    """The number of folds, for which there must be enough inputs."""
    outline: Outline | None = None
    missing_pairs: tuple[Key, ...] = ()
    """The keys that the outline lists, but whose pairs are not in the folder."""

    @property
    def missing(self) -> tuple[Key, ...]:
        """The pairs that are missing, and the layers that no pass has run over yet."""
        return (*self.missing_pairs, *(() if self.outline is None else self.outline.to_run))

    def add(self, found: Outline, order: Order) -> Outline:
        """Return the state with the results of another pass, in the order of the layers.

        Raises
        ------
        ValueError
            The pass does not fit the passes before it, or it had too few inputs.
        """
        check_inputs(found.inputs, self.folds)
        if self.outline is None:
            return found.sort(order)
        found.check_found(self.missing_pairs)
        return self.outline.add(found).sort(order)

    def find_new(self, found: Outline) -> list[Key]:
        """Return the keys whose pairs were missing."""
        there = {} if self.outline is None else self.outline.neurons
        return [key for key in found.neurons if key not in there or key in self.missing_pairs]


class FolderPairs(KeptPairs):
    """The pairs of several passes in the folder of a comparison, which can resume after each.

    Parameters
    ----------
    folder
        The folder of the comparison.
    state
        The state of the folder.
    order
        All layers of A and of B, in their order: see `Pairing`.
    log
        The log of the batches that are read.
    """

    def __init__(
        self,
        folder: Path,
        state: FolderState,
        order: Order,
        log: BatchLog,
    ) -> None:
        super().__init__(folder, ())
        self._state, self._order, self._log = state, order, log

    @property
    def outline(self) -> Outline:
        """The outline of all complete passes."""
        assert self._state.outline is not None
        return self._state.outline

    def end_pass(self, found: Collected[ActivationPair], to_run: Sequence[Key], /) -> None:
        """Write the pairs, and then the outline that lists them; nothing if the data differ."""
        told = replace(make_outline(found, self._log), to_run=tuple(to_run))
        outline = self._state.add(told, self._order)
        super().end_pass(found, to_run)
        write_outline(self._folder, outline)
        missing = tuple(key for key in self._state.missing_pairs if key not in told.neurons)
        self._state = replace(self._state, outline=outline, missing_pairs=missing)


def make_outline(found: Collected[ActivationPair], log: BatchLog) -> Outline:
    """Return the outline of a pass: its results, except its sums."""
    neurons = {key: (pair.n_x, pair.n_y) for key, pair in found.pairs.items()}
    return Outline(neurons, found.notes, found.inputs, dict(found.left_out), digest=log.digest)

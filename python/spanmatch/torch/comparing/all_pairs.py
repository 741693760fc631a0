"""Every layer of A with every layer of B."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.errors import prefix_errors
from spanmatch.comparison.keys import name_call
from spanmatch.pair.device.gram import NO_PLAN, Plan
from spanmatch.pair.nulls_and_folds import NO_RESAMPLING
from spanmatch.pair.pair import make_gram
from spanmatch.torch.comparing.collector import Call, Collected
from spanmatch.torch.comparing.layer_sums import CrossPairs, CrossSums, LayerSums
from spanmatch.torch.comparing.same_samples import (
    check_same_rows,
    compare_positions,
    prefix_layers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.nulls_and_folds import Resampling
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.parts import Part
    from spanmatch.torch.observing.activations import Activations


class AllPairs:
    """The collector of all pairs: sums from which the pair of any two layers is made.

    The inputs of B are shifted circularly as they would be for each pair alone. The shifts are the
    same for all pairs, since only the seed, the number of the batch and its inputs decide them.

    Parameters
    ----------
    layers
        The layers of A, each with those of B that it is compared with.
    resampling
        The nulls that each pair keeps; there must be no folds.
    """

    def __init__(self, layers: Part, resampling: Resampling = NO_RESAMPLING) -> None:
        self._layers, self._resampling = layers, resampling
        self._own: dict[tuple[str, Call, bool], LayerSums] = {}
        self._between: dict[tuple[Call, Call], CrossSums] = {}
        self._notes: dict[tuple[Call, Call], str] = {}
        self._batches = 0
        self._outputs_a: dict[Call, Activations] = {}
        self._calls: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})
        # An empty Gram matrix, which chooses the circular shifts of each batch.
        self._empty = make_gram(resampling.nulls, seed=resampling.seed)
        # For the current batch: rows less their shifts, and their places under each null.
        self._rows: dict[tuple[str, Call, bool], Tensor] = {}
        self._plans: dict[tuple[Call, bool], Plan] = {}

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Keep the outputs of the layers of A until the layers of B have run."""
        self._batches += 1
        (self._outputs_a,) = outputs

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Add the output of a layer of B, with those of the layers of A that it is paired with."""
        call_b = layer, call
        for call_a, a in self._outputs_a.items():
            if self._is_wanted(call_a, call_b):
                with prefix_layers(call_a[0], layer):
                    self._add_products(call_a, a, call_b, activations)
        # Rows of A are needed for the next layers of B. These are not needed any more.
        for means in (False, True):
            self._rows.pop(("B", call_b, means), None)

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Release the batch before A runs on the next one. Layers may run any number of times."""
        self._calls = calls[0], calls[1]
        self._outputs_a = {}
        self._rows.clear()
        self._plans.clear()

    def finish(self, inputs: int, /) -> Collected[ActivationPair]:
        """Return the pairs, by the layers' names in A and in B."""
        parts: dict[Key, tuple[LayerSums, LayerSums, CrossSums]] = {}
        notes: dict[Key, str] = {}
        calls_a, calls_b = self._calls
        for call_a in _list_calls(calls_a):
            for call_b in _list_calls(calls_b):
                if not self._is_wanted(call_a, call_b):
                    continue
                note = self._notes[call_a, call_b]
                key = (
                    name_call(*call_a, calls_a[call_a[0]]),
                    name_call(*call_b, calls_b[call_b[0]]),
                )
                parts[key] = (
                    self._own["A", call_a, bool(note)],
                    self._own["B", call_b, bool(note)],
                    self._between[call_a, call_b],
                )
                if note:
                    notes[key] = note
        return Collected(CrossPairs(parts, self._resampling.seed), notes, inputs)

    def _is_wanted(self, call_a: Call, call_b: Call) -> bool:
        return call_b[0] in self._layers.get(call_a[0], ())

    def _add_products(self, call_a: Call, a: Activations, call_b: Call, b: Activations) -> None:
        key = call_a, call_b
        note = compare_positions(a, b)
        means = bool(note)
        check_same_rows(self._notes.setdefault(key, note), note)
        x = self._shift_rows("A", call_a, a, means=means)
        y = self._shift_rows("B", call_b, b, means=means).to(x.device)
        plan = self._plan_nulls(call_a, a, len(x), means=means)
        if key not in self._between:
            self._between[key] = CrossSums(x, y, self._resampling.nulls)
        self._between[key].add(x, y, plan)

    def _shift_rows(
        self, model: str, call: Call, activations: Activations, *, means: bool
    ) -> Tensor:
        """Return rows of this batch less their shift, added to their own sums the first time."""
        key = model, call, means
        if key not in self._rows:
            rows = activations.means() if means else activations.rows()
            if key not in self._own:
                self._own[key] = LayerSums(rows)
            try:
                self._rows[key] = self._own[key].add(rows)
            except ValueError as error:
                raise ValueError(f"{self._name_batch()}: of {model} {error}") from error
        return self._rows[key]

    def _plan_nulls(self, call: Call, a: Activations, n_rows: int, *, means: bool) -> Plan:
        """Return for each null by how many rows a layer of B is shifted against this layer of A.

        If both have the same positions, their inputs begin at the same rows.
        """
        if self._resampling.nulls == 0:
            return NO_PLAN
        key = call, means
        if key not in self._plans:
            rows_per_item = 1 if means else a.rows_per_item
            with prefix_errors(self._name_batch()):
                plan = self._empty.plan(n_rows, rows_per_item, self._batches - 1, 0)
            self._plans[key] = Plan(*plan)
        return self._plans[key]

    def _name_batch(self) -> str:
        return f"batch {self._batches - 1} (counted from 0)"


def _list_calls(calls: Mapping[str, int]) -> list[Call]:
    return [(name, call) for name, count in calls.items() for call in range(count)]

"""Every layer of A with every layer of B."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.keys import name_call
from spanmatch.torch.comparing.collector import Call, Collected
from spanmatch.torch.comparing.layer_sums import CrossPairs, LayerSums
from spanmatch.torch.comparing.same_samples import (
    check_same_rows,
    compare_positions,
    prefix_layers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from spanmatch.comparison.keys import Key
    from spanmatch.torch.observing.activations import Activations


class AllPairs:
    """The collector of all pairs: sums from which the pair of any two layers is made."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, Call, bool], LayerSums] = {}
        self._between: dict[tuple[Call, Call], Tensor] = {}
        self._notes: dict[tuple[Call, Call], str] = {}
        self._batches = 0
        self._outputs_a: dict[Call, Activations] = {}
        self._calls: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})
        # Rows of the batch at work, less their shifts.
        self._rows: dict[tuple[str, Call, bool], Tensor] = {}

    def begin_batch(self, outputs_a: dict[Call, Activations]) -> None:
        """Take what the layers of A gave: all of it stays until the layers of B are done."""
        self._batches += 1
        self._outputs_a = outputs_a

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Add what a layer of B gives, against all that the layers of A gave."""
        call_b = layer, call
        for call_a, a in self._outputs_a.items():
            with prefix_layers(call_a[0], layer):
                self._add_products(call_a, a, call_b, activations)
        # Those of A are needed by the next layers of B; nobody needs these.
        for means in (False, True):
            self._rows.pop(("B", call_b, means), None)

    def end_batch(self, calls_a: Mapping[str, int], calls_b: Mapping[str, int]) -> None:
        """Let go of the batch, before A runs on the next. Layers may run as often as they like."""
        self._calls = calls_a, calls_b
        self._outputs_a = {}
        self._rows.clear()

    def finish(self, inputs: int) -> Collected:
        """Return the pairs, by the layers' names in A and in B."""
        parts: dict[Key, tuple[LayerSums, LayerSums, Tensor]] = {}
        notes: dict[Key, str] = {}
        calls_a, calls_b = self._calls
        for call_a in _list_calls(calls_a):
            for call_b in _list_calls(calls_b):
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
        return Collected(CrossPairs(parts), notes, inputs)

    def _add_products(self, call_a: Call, a: Activations, call_b: Call, b: Activations) -> None:
        key = call_a, call_b
        note = compare_positions(a, b)
        check_same_rows(self._notes.setdefault(key, note), note)
        x = self._shift_rows("A", call_a, a, means=bool(note))
        y = self._shift_rows("B", call_b, b, means=bool(note)).to(x.device)
        between = self._between.get(key)
        self._between[key] = x.T @ y if between is None else between.addmm_(x.T, y)

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
                raise ValueError(
                    f"batch {self._batches - 1} (counted from 0): of {model} {error}"
                ) from error
        return self._rows[key]


def _list_calls(calls: Mapping[str, int]) -> list[Call]:
    return [(name, call) for name, count in calls.items() for call in range(count)]

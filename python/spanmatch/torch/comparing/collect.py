"""From two models and data to the pairs of their layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanmatch.base.errors import prefix_errors
from spanmatch.comparison.keys import call_name
from spanmatch.torch.comparing.layer_sums import CrossPairs, LayerSums

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from torch import Tensor

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.nulls_and_folds import Keeps
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.comparing.lockstep import Call, Kept, Lockstep
    from spanmatch.torch.observing.activations import Activations


@dataclass(frozen=True)
class Collected:
    """What has been reduced of both models."""

    pairs: Mapping[Key, ActivationPair]
    notes: dict[Key, str]
    inputs: int


class OneByOne:
    """A pair for each layer of A with its layer of B."""

    def __init__(self, layers: Mapping[str, str], keeps: Keeps) -> None:
        # One layer of B may stand against several of A.
        self._layers_of: dict[str, list[str]] = {}
        for name_a, name_b in layers.items():
            self._layers_of.setdefault(name_b, []).append(name_a)
        self._layers = layers
        self._keeps = keeps
        self._pairs: dict[Call, ActivationPair] = {}
        self._notes: dict[Call, str] = {}

    def begin(self) -> None:
        """Nothing is kept of a batch."""

    def receive(self, call: Call, seen_b: Activations, kept: Kept) -> None:
        """Add what a layer of B gives to the pair with its layer of A."""
        name_b, number = call
        for name_a in self._layers_of[name_b]:
            key = name_a, number
            seen_a = kept.pop(key, None)
            if seen_a is None:
                raise ValueError(f"layer {name_b!r} of B ran more often than {name_a!r} of A")
            with _saying(name_a, name_b):
                x, y, note = rows_of(seen_a, seen_b)
                _check_alike(self._notes.setdefault(key, note), note)
                if key not in self._pairs:
                    self._pairs[key] = self._keeps.empty_pair()
                # Only nulls and folds ask where items begin, and counting under a mask takes time.
                counted = self._keeps.anything and not note
                rows_per_item = seen_a.rows_per_item if counted else 1
                self._pairs[key].update(x, y, rows_per_item=rows_per_item)

    def check(self, lockstep: Lockstep) -> None:
        """Raise ValueError where a layer of A ran more often than its layer of B."""
        for name, count in lockstep.calls_a.items():
            count_b = lockstep.calls_b.get(self._layers[name], 0)
            if count_b != count:
                raise ValueError(
                    f"layer {name!r} ran {count} times in A, but {self._layers[name]!r} "
                    f"{count_b} times in B"
                )

    def collected(self, lockstep: Lockstep) -> Collected:
        """Return the pairs, by the layer's name in A."""
        calls = lockstep.calls_a
        pairs: dict[Key, ActivationPair] = {}
        notes: dict[Key, str] = {}
        for name in filter(calls.__contains__, self._layers):
            count = calls[name]
            for number in range(count):
                key = call_name(name, number, count)
                pairs[key] = self._pairs[name, number]
                with_b = "" if self._layers[name] == name else f"with {self._layers[name]} of B"
                said = ", ".join(filter(None, (with_b, self._notes[name, number])))
                if said:
                    notes[key] = said
        return Collected(pairs, notes, lockstep.n_inputs)


class AllPairs:
    """Sums from which the pair of every layer of A with every layer of B is made."""

    def __init__(self) -> None:
        self._own: dict[tuple[str, Call, bool], LayerSums] = {}
        self._between: dict[tuple[Call, Call], Tensor] = {}
        self._by_mean: dict[tuple[Call, Call], str] = {}
        self._batches = 0
        # Rows of the batch at work, less their shifts.
        self._rows: dict[tuple[str, Call, bool], Tensor] = {}

    def begin(self) -> None:
        """Let go of the last batch."""
        self._rows.clear()
        self._batches += 1

    def receive(self, call_b: Call, seen_b: Activations, kept: Kept) -> None:
        """Add what a layer of B gives, against all that the layers of A gave."""
        for call_a, seen_a in kept.items():
            with _saying(call_a[0], call_b[0]):
                by_mean = _said_of(seen_a, seen_b)
                _check_alike(self._by_mean.setdefault((call_a, call_b), by_mean), by_mean)
                x = self._shifted("A", call_a, seen_a, by_mean)
                y = self._shifted("B", call_b, seen_b, by_mean).to(x.device)
                between = self._between.get((call_a, call_b))
                self._between[call_a, call_b] = (
                    x.T @ y if between is None else between.addmm_(x.T, y)
                )
        # Those of A are needed by the next layers of B; nobody needs these.
        for means in (False, True):
            self._rows.pop(("B", call_b, means), None)

    def check(self, lockstep: Lockstep) -> None:
        """Every layer may run as often as it likes."""

    def collected(self, lockstep: Lockstep) -> Collected:
        """Return the pairs, by the layers' names in A and in B."""
        parts: dict[Key, tuple[LayerSums, LayerSums, Tensor]] = {}
        notes: dict[Key, str] = {}
        calls_a, calls_b = lockstep.calls_a, lockstep.calls_b
        for call_a in _in_order(calls_a):
            for call_b in _in_order(calls_b):
                said = self._by_mean[call_a, call_b]
                own = (self._own["A", call_a, bool(said)], self._own["B", call_b, bool(said)])
                key = (
                    call_name(*call_a, calls_a[call_a[0]]),
                    call_name(*call_b, calls_b[call_b[0]]),
                )
                parts[key] = (*own, self._between[call_a, call_b])
                if said:
                    notes[key] = said
        return Collected(CrossPairs(parts), notes, lockstep.n_inputs)

    def _shifted(self, model: str, call: Call, seen: Activations, by_mean: str) -> Tensor:
        """Return rows of this batch less their shift, added to their own sums the first time."""
        key = model, call, bool(by_mean)
        if key not in self._rows:
            rows = seen.means() if by_mean else seen.rows()
            if key not in self._own:
                self._own[key] = LayerSums(rows)
            try:
                self._rows[key] = self._own[key].add(rows)
            except ValueError as error:
                raise ValueError(
                    f"batch {self._batches - 1} (counted from 0): of {model} {error}"
                ) from error
        return self._rows[key]


def rows_of(seen_a: Activations, seen_b: Activations) -> tuple[Tensor, Tensor, str]:
    """Return rows of the same samples, and what there is to say of them.

    Every position, where both have the same; else the mean over the positions of each item.
    """
    by_mean = _said_of(seen_a, seen_b)
    if by_mean:
        return seen_a.means(), seen_b.means(), by_mean
    return seen_a.rows(), seen_b.rows(), ""


def _said_of(seen_a: Activations, seen_b: Activations) -> str:
    """Return what there is to say of comparing them: nothing, if all their positions agree."""
    if seen_a.n_items != seen_b.n_items:
        raise ValueError(
            f"A gives {seen_a.n_items} items and B {seen_b.n_items}: their rows are not of the "
            "same samples"
        )
    if seen_a.positions == seen_b.positions:
        return ""
    sizes = (" × ".join(map(str, seen.positions)) or "one" for seen in (seen_a, seen_b))
    return "mean over positions: {} against {}".format(*sizes)


def _check_alike(first: str, now: str) -> None:
    if bool(first) != bool(now):
        raise ValueError("their positions agree in some batches, and differ in others")


def _in_order(calls: Mapping[str, int]) -> list[Call]:
    return [(name, number) for name, count in calls.items() for number in range(count)]


def _saying(layer_a: str, layer_b: str) -> AbstractContextManager[None]:
    """Let errors say which layers."""
    return prefix_errors(f"layer {layer_a!r} of A and {layer_b!r} of B")

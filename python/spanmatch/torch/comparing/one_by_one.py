"""A pair for each layer of A with its layer of B."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.comparison.keys import name_call
from spanmatch.torch.comparing.collector import Call, Collected
from spanmatch.torch.comparing.same_samples import (
    check_same_rows,
    compare_positions,
    prefix_layers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.nulls_and_folds import Resampling
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.torch.observing.activations import Activations


class OneByOne:
    """The collector of layers that are compared one by one.

    Parameters
    ----------
    layers
        The layers of A, each with its layer of B.
    resampling
        The nulls and folds that each pair keeps.
    """

    def __init__(self, layers: Mapping[str, str], resampling: Resampling) -> None:
        # One layer of B may be compared with several of A.
        self._layers_of: dict[str, list[str]] = {}
        for name_a, name_b in layers.items():
            self._layers_of.setdefault(name_b, []).append(name_a)
        self._layers = layers
        self._resampling = resampling
        self._outputs_a: dict[Call, Activations] = {}
        self._calls: Mapping[str, int] = {}
        self._pairs: dict[Call, ActivationPair] = {}
        self._notes: dict[Call, str] = {}

    def begin_batch(self, outputs: Sequence[dict[Call, Activations]], /) -> None:
        """Take the outputs of A, each of which is released once its layer of B has run."""
        (self._outputs_a,) = outputs

    def receive(self, layer: str, call: int, activations: Activations, /) -> None:
        """Add an output of B to the pair with its layer of A."""
        for name_a in self._layers_of[layer]:
            a = self._outputs_a.pop((name_a, call), None)
            if a is None:
                raise ValueError(f"layer {layer!r} of B ran more often than {name_a!r} of A")
            with prefix_layers(name_a, layer):
                self._update((name_a, call), a, activations)

    def end_batch(self, calls: Sequence[Mapping[str, int]], /) -> None:
        """Raise ValueError if a layer of A and its layer of B did not run equally often."""
        calls_a, calls_b = calls
        self._calls = calls_a
        for name, count in calls_a.items():
            count_b = calls_b.get(self._layers[name], 0)
            if count_b != count:
                raise ValueError(
                    f"layer {name!r} ran {count} times in A, but {self._layers[name]!r} "
                    f"{count_b} times in B"
                )

    def finish(self, inputs: int, /) -> Collected[ActivationPair]:
        """Return the pairs, by the layer's name in A."""
        pairs: dict[Key, ActivationPair] = {}
        notes: dict[Key, str] = {}
        for name in filter(self._calls.__contains__, self._layers):
            count = self._calls[name]
            for call in range(count):
                key = name_call(name, call, count)
                pairs[key] = self._pairs[name, call]
                with_b = "" if self._layers[name] == name else f"with {self._layers[name]} of B"
                if note := ", ".join(filter(None, (with_b, self._notes[name, call]))):
                    notes[key] = note
        return Collected(pairs, notes, inputs)

    def _update(self, key: Call, a: Activations, b: Activations) -> None:
        note = compare_positions(a, b)
        check_same_rows(self._notes.setdefault(key, note), note)
        x, y = (a.means(), b.means()) if note else (a.rows(), b.rows())
        if key not in self._pairs:
            self._pairs[key] = self._resampling.make_pair()
        # Only nulls and folds need the items, and counting under a mask takes time.
        counted = self._resampling.anything and not note
        self._pairs[key].update(x, y, rows_per_item=a.rows_per_item if counted else 1)

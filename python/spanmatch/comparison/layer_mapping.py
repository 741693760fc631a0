"""A mapping whose keys are layers, or tuples of a layer of A and a layer of B."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from spanmatch.comparison.keys import Key, check_keys, explain_unknown, split_key

if TYPE_CHECKING:
    from collections.abc import ItemsView, Iterator, KeysView, ValuesView

    from spanmatch.results.result import Floats

Value = TypeVar("Value")


class LayerMapping(Mapping[Key, Value]):
    """A mapping from at least one layer, or tuple of layers, to a value, in the order given."""

    __slots__ = ("_by_layer",)

    def __init__(self, by_layer: Mapping[Key, Value]) -> None:
        check_keys(by_layer)
        self._by_layer = dict(by_layer)

    @property
    def all_pairs(self) -> bool:
        """Whether every layer of A was compared with every layer of B, so that keys are tuples."""
        return isinstance(next(iter(self)), tuple)

    @property
    def layers(self) -> tuple[Key, ...]:
        """The layers, or with `all_pairs` the tuples (a, b), in order."""
        return tuple(self)

    @property
    def layers_a(self) -> tuple[str, ...]:
        """The layers of model A, in order."""
        return tuple(dict.fromkeys(split_key(key)[0] for key in self))

    @property
    def layers_b(self) -> tuple[str, ...]:
        """The layers of model B, in order."""
        return tuple(dict.fromkeys(split_key(key)[1] for key in self))

    def __getitem__(self, key: Key) -> Value:
        try:
            return self._by_layer[key]
        except KeyError:
            why = explain_unknown(key, self.layers_a, self.layers_b, self.all_pairs)
            raise KeyError(why) from None

    def __contains__(self, key: object) -> bool:
        return key in self._by_layer

    def __iter__(self) -> Iterator[Key]:
        return iter(self._by_layer)

    def __len__(self) -> int:
        return len(self._by_layer)

    # The views of a Mapping would show the whole comparison in their repr.
    def keys(self) -> KeysView[Key]:
        """Return the layers."""
        return self._by_layer.keys()

    def values(self) -> ValuesView[Value]:
        """Return the values."""
        return self._by_layer.values()

    def items(self) -> ItemsView[Key, Value]:
        """Return the layers with their values."""
        return self._by_layer.items()

    def _arrange(self, values: list[Any]) -> Floats:
        """Arrange one value, or one array, for each key in an array over layers."""
        each = np.array(values, np.float64)
        if not self.all_pairs:
            return each
        rows = {layer: row for row, layer in enumerate(self.layers_a)}
        columns = {layer: column for column, layer in enumerate(self.layers_b)}
        matrix = np.full((len(rows), len(columns), *each.shape[1:]), np.nan)
        cells = [(rows[a], columns[b]) for a, b in map(split_key, self)]
        matrix[tuple(np.transpose(cells))] = each
        return matrix

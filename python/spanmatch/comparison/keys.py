"""The keys of a comparison: names of layers, or tuples of a layer of A and a layer of B."""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from spanmatch.base.shown_text import GAP, elide, show_name
from spanmatch.base.words import suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

# A layer with the same name in both models, or a layer of model A and a layer of model B.
Key: TypeAlias = str | tuple[str, str]
Place: TypeAlias = tuple[tuple[int, int], ...]
"""The place of a key: the index of the layer and of its call, for A and for B."""

WIDENED = 48  # The letters that may be added to a shortened name so that it differs from others.
NAMED = 5  # The most layers in an error if none has a similar name.


def check_keys(keys: Collection[object]) -> None:
    """Raise TypeError or ValueError if these cannot be the keys of one comparison."""
    if not keys:
        raise ValueError("a comparison is of one layer at least, got none")
    for key in keys:
        names = key if isinstance(key, tuple) and len(key) == 2 else (key,)
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"a layer is a name, or a tuple of two names, got {key!r}")
    if len({isinstance(key, tuple) for key in keys}) > 1:
        raise ValueError("the keys of a comparison are all names, or all tuples of two names")


def split_key(key: Key) -> tuple[str, str]:
    """Return the layer of A and the layer of B."""
    return key if isinstance(key, tuple) else (key, key)


def label(key: Key) -> str:
    """Return a key as tables and errors show it."""
    return " × ".join(map(show_name, key)) if isinstance(key, tuple) else show_name(key)


def name_call(name: str, call: int, calls: int) -> str:
    """Return the name of one of the `calls` of a layer in a forward pass.

    >>> name_call("relu", 0, 1), name_call("relu", 1, 2)
    ('relu', 'relu#1')
    """
    return name if calls == 1 else f"{name}#{call}"


def find_layer(name: str, layers: Collection[str]) -> str:
    """Return the layer to which a name from `name_call` belongs.

    >>> find_layer("relu#1", ["fc", "relu"])
    'relu'
    """
    return name if name in layers else name.rpartition("#")[0]


def find_layers(key: Key, keys: Collection[Key]) -> Key:
    """Apply `find_layer` to a key of one layer or of two.

    >>> find_layers(("relu#1", "fc"), [("relu", "fc")])
    ('relu', 'fc')
    """
    if not isinstance(key, tuple):
        return find_layer(key, [name for name in keys if isinstance(name, str)])
    names_a, names_b = ([split_key(each)[side] for each in keys] for side in (0, 1))
    return find_layer(key[0], names_a), find_layer(key[1], names_b)


def find_place(key: Key, layers_a: Sequence[str], layers_b: Sequence[str]) -> Place:
    """Return the place of a key in the order of the layers and of their calls.

    >>> find_place("relu#1", ["fc", "relu"], [])
    ((1, 1),)
    >>> find_place(("fc", "relu#2"), ["fc"], ["conv", "relu"])
    ((0, 0), (1, 2))
    """
    if isinstance(key, tuple):
        return _place_call(key[0], layers_a), _place_call(key[1], layers_b)
    return (_place_call(key, layers_a),)


def _place_call(name: str, layers: Sequence[str]) -> tuple[int, int]:
    layer = find_layer(name, layers)
    return layers.index(layer), int(name.removeprefix(layer).removeprefix("#") or 0)


def shorten_names(layers: Sequence[str], letters: int) -> dict[str, str]:
    """Return a name of this many letters for each layer, or more letters if two would be equal.

    Very long names that differ only in the middle are numbered.
    """
    begin = _count_shared_parts(layers) if max(map(len, layers)) > letters else 0
    marked = {
        name: show_name((GAP if begin else "") + ".".join(name.split(".")[begin:]))
        for name in layers
    }
    for most in range(letters, letters + WIDENED, 8):
        short = {name: elide(rest, most) for name, rest in marked.items()}
        if len(set(short.values())) == len(short):
            return short
    numbered, seen = {}, Counter[str]()
    for name, rest in marked.items():
        shown = elide(rest, letters)
        seen[shown] += 1
        numbered[name] = shown if seen[shown] == 1 else f"{shown} ({seen[shown]})"
    return numbered


def explain_unknown(
    key: object, layers_a: Sequence[str], layers_b: Sequence[str], all_pairs: bool
) -> str:
    """Explain why a comparison of these layers has no such key."""
    if not all_pairs:
        if isinstance(key, str):
            return f"no layer {key!r}: {suggest(key, layers_a, NAMED)}"
        return f"no layer {key!r}: a layer is asked for by its name"
    if not isinstance(key, tuple) or len(key) != 2:
        return f"no {key!r}: all pairs were compared, so ask for a layer of A and one of B"
    for name, layers, model in zip(key, (layers_a, layers_b), "AB", strict=True):
        if name not in layers:
            return f"no layer {name!r} of model {model}: {suggest(str(name), layers, NAMED)}"
    return f"layer {key[0]!r} of A was not compared with layer {key[1]!r} of B"


def _count_shared_parts(layers: Sequence[str]) -> int:
    """Count the parts, separated by dots, with which all names begin."""
    if len(layers) == 1:
        return 0
    heads = (name.split(".")[:-1] for name in layers)
    return sum(1 for _ in takewhile(lambda parts: len(set(parts)) == 1, zip(*heads, strict=False)))

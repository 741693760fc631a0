"""Which layer of model A is compared with which of model B."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spanmatch.torch.observing.layers import Layers, chosen_layers

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from torch import nn

    from spanmatch.torch.observing.layers import LayerChoice

NAMED = 5  # layers that an error lists


def layer_pairs(
    model_a: nn.Module,
    model_b: nn.Module,
    layers: LayerChoice | Mapping[str, str],
    layers_b: LayerChoice,
) -> dict[str, str]:
    """Return the layers of A, each with its layer of B.

    In the order of model A, or of `layers` where B has other names.

    Raises
    ------
    TypeError, ValueError
        As `chosen_layers`; a mapping and `layers_b` together; B has not all the names of A, or
        another number of layers.
    """
    if isinstance(layers, Mapping):
        if layers_b is not None:
            raise TypeError("layers is a mapping from A to B already: leave layers_b out")
        names_a, names_b = (
            [_only(model, name) for name in names]
            for model, names in ((model_a, layers), (model_b, layers.values()))
        )
    elif layers_b is None:
        names_a, names_b = (
            list(chosen_layers(model, layers).modules) for model in (model_a, model_b)
        )
        if set(names_a) != set(names_b):
            raise ValueError(
                f"the models differ in their layers: {_differing(names_a, names_b)}; choose by "
                "layers=… of A and layers_b=… of B, or by layers={'name in A': 'name in B'}"
            )
        names_b = names_a
    else:
        names_a, names_b = _as_given(model_a, layers), _as_given(model_b, layers_b)
        if len(names_a) != len(names_b):
            raise ValueError(
                f"layers means {len(names_a)} layers of A ({_some(names_a)}) and layers_b "
                f"{len(names_b)} of B ({_some(names_b)}): they are paired in order, so the counts "
                "must agree"
            )
    twice = next((name for at, name in enumerate(names_a) if name in names_a[:at]), None)
    if twice is not None:
        raise ValueError(
            f"{twice!r} of A is named twice, or under two names: each layer of A has one of B"
        )
    return dict(zip(names_a, names_b, strict=True))


def layers_of(
    model: nn.Module, names: Collection[str], choice: LayerChoice | Mapping[str, str]
) -> Layers:
    """Return layers by name, and which of them `choice` asks for by their whole name."""
    if isinstance(choice, Mapping):
        return chosen_layers(model, list(names))
    named = chosen_layers(model, choice).named & set(names)
    return Layers(chosen_layers(model, list(names)).modules, named)


def _as_given(model: nn.Module, choice: LayerChoice) -> list[str]:
    """Return the layers in the order of the globs and names; of one glob in that of the model."""
    if choice is None or isinstance(choice, str):
        return list(chosen_layers(model, choice).modules)
    return list(
        dict.fromkeys(name for glob in choice for name in chosen_layers(model, glob).modules)
    )


def _only(model: nn.Module, name: str) -> str:
    found = list(chosen_layers(model, [name]).modules)
    if len(found) > 1:
        raise ValueError(f"{name!r} means {len(found)} layers: a mapping pairs layers one by one")
    return found[0]


def _differing(names_a: Sequence[str], names_b: Sequence[str]) -> str:
    only_a = [name for name in names_a if name not in set(names_b)]
    only_b = [name for name in names_b if name not in set(names_a)]
    parts = [
        f"{_some(only)} {'is' if len(only) == 1 else 'are'} in {model} alone"
        for only, model in ((only_a, "A"), (only_b, "B"))
        if only
    ]
    return " and ".join(parts)


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(map(repr, names[:NAMED])) + (f" and {more} more" if more > 0 else "")

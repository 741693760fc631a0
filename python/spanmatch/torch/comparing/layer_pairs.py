"""Which layer of model A is compared with which of model B."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spanmatch.base.words import count_of, list_names
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.observing.layers import LayerChoice

SHOWN = 5  # layers that an error lists


def choose_both(
    models: tuple[nn.Module, nn.Module], options: CompareOptions
) -> tuple[ChosenLayers, ChosenLayers]:
    """Return the layers of A and those of B, of which all pairs are compared."""
    assert not isinstance(options.layers, Mapping)
    choice_b = options.layers if options.layers_b is None else options.layers_b
    return choose_layers(models[0], options.layers), choose_layers(models[1], choice_b)


def pair_layers(models: tuple[nn.Module, nn.Module], options: CompareOptions) -> dict[str, str]:
    """Return the layers of A, each with its layer of B.

    In the order of model A, or of `layers` where B has other names.

    Raises
    ------
    TypeError, ValueError
        As `choose_layers`; B has not all the names of A, or another number of layers.
    """
    layers, layers_b = options.layers, options.layers_b
    if isinstance(layers, Mapping):
        names_a = [_find_one(models[0], name) for name in layers]
        names_b = [_find_one(models[1], name) for name in layers.values()]
    elif layers_b is None:
        names_a, names_b = (list(choose_layers(model, layers).modules) for model in models)
        if set(names_a) != set(names_b):
            raise ValueError(
                f"the models differ in their layers: {_describe_differences(names_a, names_b)}; "
                "choose by layers=… of A and layers_b=… of B, or by layers={'name in A': 'name in "
                "B'}"
            )
        names_b = names_a
    else:
        names_a, names_b = _in_order_given(models[0], layers), _in_order_given(models[1], layers_b)
        if len(names_a) != len(names_b):
            raise ValueError(
                f"layers means {count_of(len(names_a), 'layer')} of A ({_list(names_a)}) and "
                f"layers_b {len(names_b)} of B ({_list(names_b)}): they are paired in order, so "
                "the counts must agree"
            )
    twice = next((name for at, name in enumerate(names_a) if name in names_a[:at]), None)
    if twice is not None:
        raise ValueError(
            f"{twice!r} of A is named twice, or under two names: each layer of A has one of B"
        )
    return dict(zip(names_a, names_b, strict=True))


def find_layers(
    models: tuple[nn.Module, nn.Module], pairs: Mapping[str, str], options: CompareOptions
) -> tuple[ChosenLayers, ChosenLayers]:
    """Return the layers of A and those of B that are paired, and which were asked for by name."""
    layers, layers_b = options.layers, options.layers_b
    choice_b = layers if layers_b is None else layers_b
    return (
        _keep_named(models[0], list(pairs), layers),
        _keep_named(models[1], list(pairs.values()), choice_b),
    )


def _keep_named(
    model: nn.Module, names: list[str], choice: LayerChoice | Mapping[str, str]
) -> ChosenLayers:
    """Return layers by name, and which of them `choice` asks for by their whole name."""
    found = choose_layers(model, names)
    if isinstance(choice, Mapping):
        return found
    return ChosenLayers(found.modules, choose_layers(model, choice).named & set(names))


def _in_order_given(model: nn.Module, choice: LayerChoice) -> list[str]:
    """Return the layers in the order of the globs and names; of one glob in that of the model."""
    if choice is None or isinstance(choice, str):
        return list(choose_layers(model, choice).modules)
    return list(
        dict.fromkeys(name for glob in choice for name in choose_layers(model, glob).modules)
    )


def _find_one(model: nn.Module, name: str) -> str:
    found = list(choose_layers(model, [name]).modules)
    if len(found) > 1:
        raise ValueError(f"{name!r} means {len(found)} layers: a mapping pairs layers one by one")
    return found[0]


def _describe_differences(names_a: Sequence[str], names_b: Sequence[str]) -> str:
    only_a = [name for name in names_a if name not in set(names_b)]
    only_b = [name for name in names_b if name not in set(names_a)]
    parts = [
        f"{_list(only)} {'is' if len(only) == 1 else 'are'} in {model} alone"
        for only, model in ((only_a, "A"), (only_b, "B"))
        if only
    ]
    return " and ".join(parts)


def _list(names: Sequence[str]) -> str:
    return list_names([repr(name) for name in names], SHOWN)

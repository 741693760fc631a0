"""Which layer of model A is compared with which of model B."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from spanmatch.base.words import count_of, list_names
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers, order_as_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from spanmatch.torch.comparing.options import CompareOptions

SHOWN = 5  # layers that an error lists


def choose_both(
    models: tuple[nn.Module, nn.Module], options: CompareOptions
) -> tuple[ChosenLayers, ChosenLayers]:
    """Return the layers of A and the layers of B, all pairs of which are compared."""
    assert not isinstance(options.layers, Mapping)
    choice_b = options.layers if options.layers_b is None else options.layers_b
    return choose_layers(models[0], options.layers), choose_layers(models[1], choice_b)


def pair_layers(
    models: tuple[nn.Module, nn.Module], options: CompareOptions
) -> tuple[dict[str, str], tuple[ChosenLayers, ChosenLayers]]:
    """Return the layers of A, each with its layer of B; and the layers of A, and those of B.

    The pairs are in the order of model A, or of `layers` if B has other names.

    Raises
    ------
    TypeError, ValueError
        As `choose_layers`; B lacks a name of A, or has another number of layers.
    """
    layers, layers_b = options.layers, options.layers_b
    if isinstance(layers, Mapping):
        names_a = [_find_one(models[0], name) for name in layers]
        names_b = [_find_one(models[1], name) for name in layers.values()]
        chosen = choose_layers(models[0], names_a), choose_layers(models[1], names_b)
    else:
        chosen = choose_both(models, options)
        names_a, names_b = (list(each.modules) for each in chosen)
        if layers_b is not None:
            names_a = order_as_given(names_a, models[0], layers)
            names_b = order_as_given(names_b, models[1], layers_b)
            _check_counts(names_a, names_b)
        elif set(names_a) != set(names_b):
            raise ValueError(
                f"the models differ in their layers: {_describe_differences(names_a, names_b)}; "
                "choose by `layers` those of A, and by `layers_b` those of B, in the same order"
            )
        else:
            names_b = names_a
    twice = next((name for at, name in enumerate(names_a) if name in names_a[:at]), None)
    if twice is not None:
        raise ValueError(
            f"{twice!r} of A is named twice, or under two names: each layer of A has one of B"
        )
    return dict(zip(names_a, names_b, strict=True)), chosen


def _check_counts(names_a: Sequence[str], names_b: Sequence[str]) -> None:
    if len(names_a) != len(names_b):
        raise ValueError(
            f"`layers` means {count_of(len(names_a), 'layer')} of A ({_list(names_a)}) and "
            f"`layers_b` {len(names_b)} of B ({_list(names_b)}): they are paired in order, so "
            "the counts must agree"
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

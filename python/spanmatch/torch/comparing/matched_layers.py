"""The layers of many networks that are compared with each other, by their name in the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from spanmatch.base.words import count_of, list_names
from spanmatch.torch.observing.layers import ChosenLayers, choose_layers, order_as_given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import nn

    from spanmatch.torch.observing.layers import LayerChoice

NetworkLayers: TypeAlias = "LayerChoice | Mapping[str, LayerChoice]"
"""The layers of all networks, or a mapping from networks to their layers."""

SHOWN = 5  # layers that an error lists


def check_networks(networks: Sequence[object], reference: str | None) -> tuple[str, ...]:
    """Check the names of the networks, of which there must be at least two.

    Raises
    ------
    TypeError, ValueError
        A name is not a string; there are fewer than two; the reference is not among them.
    """
    if not all(isinstance(name, str) for name in networks):
        wrong = next(name for name in networks if not isinstance(name, str))
        raise TypeError(f"networks are named by texts, got {wrong!r}")
    names = tuple(map(str, networks))
    if len(names) < 2:
        raise ValueError(f"there is {count_of(len(names), 'network')}: two at least are compared")
    if reference is not None and reference not in names:
        raise ValueError(
            f"`reference` is {reference!r}, which is none of the networks: {_list(names)}"
        )
    return names


def check_choice(layers: NetworkLayers, networks: Sequence[str]) -> None:
    """Raise ValueError if layers are given by network, but not for exactly these networks."""
    if not isinstance(layers, Mapping):
        return
    unknown = [name for name in layers if name not in networks]
    missing = [name for name in networks if name not in layers]
    if unknown or missing:
        no = "which is no network" if len(unknown) == 1 else "which are no networks"
        wrong = f"has {_list(unknown)}, {no}" if unknown else ""
        lacks = f"lacks {_list(missing)}" if missing else ""
        raise ValueError(
            f"`layers` as a mapping must give the layers of every network, but it "
            f"{', and '.join(filter(None, (wrong, lacks)))}"
        )


def choose_of_network(
    model: nn.Module, network: str, layers: NetworkLayers
) -> tuple[ChosenLayers, tuple[str, ...]]:
    """Return the layers of one network, and their names in the order in which they are matched."""
    if not isinstance(layers, Mapping):
        chosen = choose_layers(model, layers)
        return chosen, tuple(chosen.modules)
    chosen = choose_layers(model, layers[network])
    return chosen, tuple(order_as_given(list(chosen.modules), model, layers[network]))


def match_layers(
    names: Mapping[str, Sequence[str]], *, by_order: bool
) -> dict[str, tuple[str, ...]]:
    """Return for each layer of the first network its name in every network.

    Parameters
    ----------
    names
        The names of the layers of every network.
    by_order
        Whether layers are matched by their order, whatever their names.

    Raises
    ------
    ValueError
        The networks have different layers, or different numbers of them.

    Examples
    --------
    >>> match_layers({"one": ["conv", "fc"], "two": ["stem", "head"]}, by_order=True)
    {'conv': ('conv', 'stem'), 'fc': ('fc', 'head')}
    """
    first, *others = names
    for other in others:
        if by_order and len(names[other]) != len(names[first]):
            raise ValueError(
                f"`layers` means {count_of(len(names[first]), 'layer')} of {first!r} "
                f"({_list(names[first])}) and {len(names[other])} of {other!r} "
                f"({_list(names[other])}): they are matched in order, so the counts must agree"
            )
        if not by_order and set(names[other]) != set(names[first]):
            example = {name: names[name][0] for name in (first, other)}
            raise ValueError(
                f"the networks differ in their layers: "
                f"{_describe_differences(first, names[first], other, names[other])}; choose those "
                "of every network, in the same order, as by "
                f"`layers={example}`"
            )
    if by_order:
        return {each[0]: each for each in zip(*names.values(), strict=True)}
    return {name: (name,) * len(names) for name in names[first]}


def _describe_differences(a: str, of_a: Sequence[str], b: str, of_b: Sequence[str]) -> str:
    only = (
        (a, b, [name for name in of_a if name not in set(of_b)]),
        (b, a, [name for name in of_b if name not in set(of_a)]),
    )
    return ", and ".join(
        f"{has!r} has {_list(names)}, which {lacks!r} lacks" for has, lacks, names in only if names
    )


def _list(names: Sequence[str]) -> str:
    return list_names([repr(name) for name in names], SHOWN)

"""The records of an experiment on each network and each comparison, as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import describe_damage
from spanmatch.base.plain_json import read_json, write_json
from spanmatch.base.plain_values import (
    take,
    take_count,
    take_counts,
    take_list,
    take_number,
    take_text,
)
from spanmatch.results.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WAY_OUT = "delete it, and give the command of the experiment again"


@dataclass(frozen=True)
class Performance:
    """How well a network does on inputs that it was not trained on."""

    accuracy: float
    """The part of the inputs that it labels correctly."""
    loss: float
    """The mean cross-entropy, in nats."""
    inputs: int


@dataclass(frozen=True)
class Epoch:
    """Loss and accuracy of an epoch of training, each batch measured just before its step."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Network:
    """A network of the experiment."""

    name: str
    """`seed 0`, or the name of its checkpoint."""
    parameters: int
    """The number of its parameters."""
    history: tuple[Epoch, ...]
    """One entry per epoch; empty if the network was not trained here."""
    trained: Performance | None
    """None if the data have no classes, or the network returns no scores for them."""
    untrained: Performance | None
    """The performance at its initialisation; None if that is not known."""


@dataclass(frozen=True)
class Sizes:
    """The maximum match at one ε, taken apart."""

    eps: float
    simple: tuple[int, ...]
    """The number of neurons, of both sides, in each simple match of a cover; largest first."""
    core: tuple[int, ...]
    """The number of neurons in the core of each neuron of the match; largest first."""


@dataclass(frozen=True)
class LayerDetails:
    """Results for a layer's pair beyond its spectrum."""

    measures: Measures
    sizes: tuple[Sizes, ...]
    """At each ε of the experiment that is below the layer's median chance level."""


def write_network(path: Path, network: Network) -> None:
    """Write the record of a network."""
    write_json(path, asdict(network))


def read_network(path: Path) -> Network:
    """Read the record of a network; raise FileError if it is damaged."""
    plain = read_json(path, WAY_OUT)
    try:
        return Network(
            take_text(plain, "name"),
            take_count(plain, "parameters"),
            tuple(map(as_epoch, take_list(plain, "history"))),
            _restore_performance(take(plain, "trained")),
            _restore_performance(take(plain, "untrained")),
        )
    except ValueError as error:
        raise describe_damage(path, error, WAY_OUT) from error


def write_layer_details(path: Path, layers: Mapping[str, LayerDetails]) -> None:
    """Write the details of the layers of a comparison."""
    write_json(
        path,
        {
            layer: {
                "measures": details.measures.to_dict(),
                "sizes": [asdict(sizes) for sizes in details.sizes],
            }
            for layer, details in layers.items()
        },
    )


def read_layer_details(path: Path) -> dict[str, LayerDetails]:
    """Read the details of the layers of a comparison; raise FileError if they are damaged."""
    plain = read_json(path, WAY_OUT)
    try:
        return {
            layer: LayerDetails(
                _restore_measures(take(details, "measures")),
                tuple(
                    Sizes(
                        take_number(each, "eps", 0, 1),
                        tuple(take_counts(each, "simple", 1)),
                        tuple(take_counts(each, "core", 1)),
                    )
                    for each in take_list(details, "sizes")
                ),
            )
            for layer, details in plain.items()
        }
    except (TypeError, ValueError) as error:
        raise describe_damage(path, error, WAY_OUT) from error


def as_epoch(plain: object) -> Epoch:
    """Return an epoch from plain data; raise ValueError if they hold none."""
    return Epoch(take_number(plain, "loss", 0), take_number(plain, "accuracy", 0, 1))


def _restore_performance(plain: object) -> Performance | None:
    if plain is None:
        return None
    # JSON has no number for a loss that is not finite: it is null there.
    loss = nan if take(plain, "loss") is None else take_number(plain, "loss", 0)
    return Performance(take_number(plain, "accuracy", 0, 1), loss, take_count(plain, "inputs", 1))


def _restore_measures(plain: object) -> Measures:
    """Return measures; one that the file is too old to hold gets its default."""
    if not isinstance(plain, dict) or not isinstance(plain.get("also", {}), dict):
        raise ValueError("its measures are not numbers by name")
    return Measures(**_restore_nan(plain | {"also": _restore_nan(plain.get("also", {}))}))


def _restore_nan(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with nan where JSON has null."""
    return {name: float("nan") if each is None else each for name, each in values.items()}

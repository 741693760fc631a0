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
    """What an epoch of training told, on the batches as they came."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Network:
    """A network of the experiment."""

    name: str
    """`seed 0`, or the name of its checkpoint."""
    parameters: int
    """How many numbers it learns."""
    history: tuple[Epoch, ...]
    """By epoch; empty where it was not trained here."""
    trained: Performance | None
    """None where the data have no classes to tell."""
    untrained: Performance | None
    """At its initialisation; None where that is not known."""


@dataclass(frozen=True)
class Sizes:
    """The maximum match at one ε, taken apart."""

    eps: float
    simple: tuple[int, ...]
    """Neurons, of both sides, in each of the simple matches that make it up; largest first."""
    core: tuple[int, ...]
    """Neurons in the core of each neuron of the match, largest first."""


@dataclass(frozen=True)
class LayerDetails:
    """What a layer's pair tells beside its spectrum."""

    measures: Measures
    sizes: tuple[Sizes, ...]
    """At each ε of the experiment that is below the layer's median chance level."""


def write_network(path: Path, network: Network) -> None:
    """Write what is known of a network."""
    write_json(path, asdict(network))


def read_network(path: Path) -> Network:
    """Read what is known of a network; FileError where it is damaged."""
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
    """Write what is known of the layers of a comparison."""
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
    """Read what is known of the layers of a comparison; FileError where it is damaged."""
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
    """Return what plain data hold of an epoch, or raise ValueError."""
    return Epoch(take_number(plain, "loss", 0), take_number(plain, "accuracy", 0, 1))


def _restore_performance(plain: object) -> Performance | None:
    if plain is None:
        return None
    # A loss that is not finite, JSON has no number for.
    loss = nan if take(plain, "loss") is None else take_number(plain, "loss", 0)
    return Performance(take_number(plain, "accuracy", 0, 1), loss, take_count(plain, "inputs", 1))


def _restore_measures(plain: object) -> Measures:
    """Return measures; those that came after the file was written are what they are by default."""
    if not isinstance(plain, dict) or not isinstance(plain.get("also", {}), dict):
        raise ValueError("its measures are not numbers by name")
    return Measures(**_restore_nan(plain | {"also": _restore_nan(plain.get("also", {}))}))


def _restore_nan(values: dict[str, Any]) -> dict[str, Any]:
    """Return what JSON has no number for as nan again."""
    return {name: float("nan") if each is None else each for name, each in values.items()}

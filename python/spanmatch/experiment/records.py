"""What an experiment writes down of each network and of each comparison, as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import describe_damage
from spanmatch.base.plain_json import read_json, write_json
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
            plain["name"],
            plain["parameters"],
            tuple(Epoch(**epoch) for epoch in plain["history"]),
            plain["trained"] and Performance(**plain["trained"]),
            plain["untrained"] and Performance(**plain["untrained"]),
        )
    except (KeyError, TypeError) as error:
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
                _restore_measures(details["measures"]),
                tuple(
                    Sizes(each["eps"], tuple(each["simple"]), tuple(each["core"]))
                    for each in details["sizes"]
                ),
            )
            for layer, details in plain.items()
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise describe_damage(path, error, WAY_OUT) from error


def _restore_measures(plain: dict[str, Any]) -> Measures:
    """Return measures; those that came after the file was written are what they are by default."""
    return Measures(**_restore_nan(plain | {"also": _restore_nan(plain.get("also", {}))}))


def _restore_nan(values: dict[str, Any]) -> dict[str, Any]:
    """Return what JSON has no number for as nan again."""
    return {name: float("nan") if each is None else each for name, each in values.items()}

"""The config of a comparison of many networks that are given by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from spanmatch._core import __version__
from spanmatch.torch.comparing.matched_layers import check_choice, check_networks
from spanmatch.torch.loading.data.shuffled import is_shuffled
from spanmatch.torch.loading.identical_files import find_identical
from spanmatch.torch.resuming.config import hash_contents, list_options

if TYPE_CHECKING:
    from spanmatch.torch.comparing.matched_layers import NetworkLayers
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.loading.data.named import Batches
    from spanmatch.torch.resuming.config import NamedData, NamedModel


@dataclass(frozen=True)
class ManyConfig:
    """The networks, the data, and the options of a comparison.

    Raises
    ------
    TypeError, ValueError
        The names of networks or the layers are wrong, as for `compare_many`.
    """

    networks: Mapping[str, NamedModel]
    data: NamedData
    options: CompareOptions
    layers: NetworkLayers = None
    reference: str | None = None

    def __post_init__(self) -> None:
        names = check_networks(list(self.networks), self.reference)
        check_choice(self.layers, names)

    def find_identical(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of networks with one model, and weights that are equal byte for byte.

        Raises
        ------
        OSError
            A file cannot be read.
        """
        models = dict.fromkeys(each.name for each in self.networks.values())
        of_model = (
            {name: each.checkpoint for name, each in self.networks.items() if each.name == model}
            for model in models
        )
        return tuple(group for files in of_model for group in find_identical(files))

    def load_batches(self) -> Batches:
        """Load the data, shuffled if there are to be nulls."""
        shuffles = is_shuffled(self.data.name, self.options.nulls)
        return self.data.load_for(self.options, shuffles=shuffles)

    def to_dict(self) -> dict[str, Any]:
        """Return the values of `config.json`, with hashes of the files in names.

        The content of folders, and of modules that are imported by name, is not hashed.
        """
        networks = [
            {
                "network": network,
                **asdict(model),
                **hash_contents({"name": model.name, "checkpoint": model.checkpoint}),
            }
            for network, model in self.networks.items()
        ]
        data = asdict(self.data)
        return {
            "spanmatch": __version__,
            "networks": networks,
            "reference": self.reference,
            "data": data.pop("name"),
            **data,
            **list_options(self.options),
            "layers": _to_plain(self.layers),
            **hash_contents({"data": self.data.name}),
        }


def _to_plain(layers: NetworkLayers) -> Any:
    """Return layers as JSON keeps them: of each network its own, in order."""
    if isinstance(layers, Mapping):
        return [[network, _to_plain(choice)] for network, choice in layers.items()]
    return layers if layers is None or isinstance(layers, str) else list(layers)

"""A batch of torch_geometric, recognised by its attributes without importing the library."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The name that a model may use for the whole batch, although the batch has an entry of this name.
BATCH_PARAMETER = "batch"


def is_graph_batch(value: Any) -> bool:
    """Tell whether this is a batch of graphs from the DataLoader of torch_geometric.

    >>> is_graph_batch(torch.zeros(3)), is_graph_batch({"ptr": torch.zeros(3)})
    (False, False)
    """
    names = ("to_data_list", "num_graphs", "clone", "to_dict")
    # Attributes of the class are used, since an object may answer to any name.
    return not isinstance(value, Tensor | Mapping) and all(hasattr(type(value), n) for n in names)


class GraphBatch(Mapping[str, Any]):
    """The entries of a batch of graphs by name; a model may take the batch as a whole.

    Parameters
    ----------
    graphs
        The batch of torch_geometric.
    values
        What it holds in place of its own.

    Raises
    ------
    TypeError
        Its nodes are of several types, or it does not say to which graph each node belongs.
    """

    def __init__(self, graphs: Any, values: Mapping[str, Any] | None = None) -> None:
        kind = type(graphs).__name__
        if hasattr(graphs, "node_types"):
            raise TypeError(
                f"a batch is a {kind}, whose nodes are of several types: pass mappings of the "
                "model's arguments, and say with `items` how many rows each graph has"
            )
        self._graphs = graphs
        self._values = dict(graphs.to_dict()) if values is None else dict(values)
        if not isinstance(self._values.get("ptr"), Tensor):
            raise TypeError(
                f"a batch is a {kind} without `ptr`, which says whose its nodes are: let the "
                "DataLoader of torch_geometric make it"
            )

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def put(self, values: Mapping[str, Any]) -> GraphBatch:
        """Return the batch with other values."""
        return GraphBatch(self._graphs, values)

    def make_whole(self, copy: Callable[[Tensor], Tensor], device: Any) -> Any:
        """Return a copy as a batch of torch_geometric, on a device, with tensors made by `copy`."""
        whole = self._graphs.clone().to(device)
        for name, value in self._values.items():
            if isinstance(value, Tensor):
                whole[name] = copy(value)
        return whole

    def fit_to(self, parameters: Mapping[str, Parameter]) -> Mapping[str, Any]:
        """Return the arguments of a forward pass with these parameters: the batch, or its parts.

        The pass gets parts if the batch has all of its required parameters by name. If it requires
        a single parameter of another name, or with the name `batch`, it gets the whole batch.
        """
        named = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
        needed = [
            name
            for name, parameter in parameters.items()
            if parameter.default is Parameter.empty and parameter.kind in named
        ]
        if needed and needed != [BATCH_PARAMETER] and all(name in self._values for name in needed):
            return {name: self._values[name] for name in parameters if name in self._values}
        if len(needed) > 1:
            held, taken = (", ".join(map(repr, names)) for names in (self._values, needed))
            raise ValueError(
                f"the batch of graphs holds {held}, and the model needs {taken}: name the parts "
                "as the model does, or pass mappings of its arguments and `items`"
            )
        return self

    def count_nodes(self) -> tuple[int, ...]:
        """Return the number of nodes of each graph."""
        counts: list[int] = self._values["ptr"].diff().tolist()
        return tuple(counts)

    def count_edges(self) -> tuple[int, ...] | None:
        """Return the number of edges of each graph; None if edges are not sorted by graph."""
        edges, ptr = self._values.get("edge_index"), self._values["ptr"]
        if not isinstance(edges, Tensor) or edges.ndim != 2 or edges.shape[0] != 2:
            return None
        owners = torch.searchsorted(ptr, edges[0].contiguous(), right=True) - 1
        if bool((owners.diff() < 0).any()):
            return None
        counts: list[int] = torch.bincount(owners, minlength=len(ptr) - 1).tolist()
        return tuple(counts)

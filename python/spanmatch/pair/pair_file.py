"""The sums and the names of a pair in a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from spanmatch.base import tensor_file
from spanmatch.base.errors import describe_damage
from spanmatch.pair.gram_file import put_together, take_apart
from spanmatch.pair.names import PAIR, Names, as_names, check_counts

if TYPE_CHECKING:
    from os import PathLike

    import spanmatch._core as core

KIND = "ActivationPair"
FORMAT_WITH_NORMS = 2


def write(path: str | PathLike[str], gram: core.Gram, names: Names, of: object = None) -> None:
    """Write sums and names, and in `of` the layer if the file is one of a folder of layers."""
    tensors, values = take_apart(gram)
    x_names, y_names = names
    values |= {"n_x": gram.n_x, "n_y": gram.n_y, "x_names": x_names, "y_names": y_names}
    if "nulls" in tensors:
        tensors["nulls"] = tensors["nulls"].reshape(gram.n_nulls, gram.n_x, gram.n_y)
    # An older version would silently ignore norms.
    layout = FORMAT_WITH_NORMS if "norms" in tensors else tensor_file.FIRST_FORMAT
    tensor_file.write(path, KIND, tensors, values, layout=layout, of=of)


def read(path: str | PathLike[str]) -> tuple[core.Gram, Names]:
    """Return the sums and names."""
    tensors, values = tensor_file.read_as(path, KIND)
    try:
        widths = [values["n_x"], values["n_y"]]
        if "nulls" in tensors:
            nulls = tensors["nulls"]
            if list(nulls.shape[1:]) != widths:
                raise ValueError("the nulls have another shape")
            tensors["nulls"] = nulls.reshape(len(nulls), math.prod(widths))
        gram = put_together(tensors, values, widths)
        names = (as_names(values["x_names"], PAIR[0]), as_names(values["y_names"], PAIR[1]))
        if gram.n_samples > 0:
            check_counts(names, widths)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise describe_damage(path, error) from error
    return gram, names

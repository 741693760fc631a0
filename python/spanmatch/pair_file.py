"""A pair's sums and names in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from spanmatch import _core, tensor_file
from spanmatch.names import Names, as_names, check_counts

if TYPE_CHECKING:
    from os import PathLike

KIND = "ActivationPair"
COUNTS = ("n_x", "n_batches", "n_samples")
SUMS = ("shift", "sums", "spread", "products")


def write(path: str | PathLike[str], gram: _core.Gram, names: Names) -> None:
    """Write sums and names."""
    *counts, shift, sums, spread, products = gram.parts()
    values = {
        **dict(zip(COUNTS, counts, strict=True)),
        "n_y": gram.n_y,
        "dtype": str(products.dtype),
        "x_names": names[0],
        "y_names": names[1],
    }
    tensors = dict(zip(SUMS, (shift, sums, spread, products), strict=True))
    tensor_file.write(path, KIND, tensors, values)


def read(path: str | PathLike[str]) -> tuple[_core.Gram, Names]:
    """Return the sums and names."""
    tensors, values = tensor_file.read_as(path, KIND)
    try:
        parts = [*(values[name] for name in COUNTS), *(tensors[name] for name in SUMS)]
        gram = _core.Gram.from_parts(*cast("_core._Parts", parts))
        names = (as_names(values["x_names"], "x"), as_names(values["y_names"], "y"))
        if gram.n_samples > 0:
            check_counts(names, gram.n_x, gram.n_y)
        if (values["n_y"], values["dtype"]) != (gram.n_y, "float64"):
            raise ValueError("its metadata and its tensors differ")
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise tensor_file.FileError(f"{path} is damaged: {error}") from error
    return gram, names

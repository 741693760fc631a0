"""A pair's sums and names in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

import spanmatch._core as core
from spanmatch.base import tensor_file
from spanmatch.base.errors import describe_damage
from spanmatch.pair.names import Names, as_names, check_counts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from spanmatch.pair.types import Floats

KIND = "ActivationPair"
COUNTS = ("n_x", "n_batches", "n_samples")
SUMS = ("shift", "sums", "spread", "products")
FORMAT_WITH_NORMS = 2


def write(path: str | PathLike[str], gram: core.Gram, names: Names) -> None:
    """Write sums and names."""
    tensors, values, layout = take_apart(gram, names)
    tensor_file.write(path, KIND, tensors, values, layout)


def take_apart(gram: core.Gram, names: Names) -> tuple[dict[str, Floats], dict[str, object], int]:
    """Return tensors, metadata and the format that has them all."""
    *counts, shift, sums, spread, products = gram.parts()
    values: dict[str, object] = {
        **dict(zip(COUNTS, counts, strict=True)),
        "n_y": gram.n_y,
        "dtype": str(products.dtype),
        "x_names": names[0],
        "y_names": names[1],
    }
    tensors = dict(zip(SUMS, (shift, sums, spread, products), strict=True))
    replicates = gram.replicates()
    if replicates is not None:
        seed, n_items, rolls, tensors["nulls"], folds = replicates
        values |= {"seed": seed, "n_items": n_items, "rolls": rolls}
        values["folds"] = [fold[2] for fold in folds]
        for at, name in enumerate(SUMS[1:], start=4):
            tensors[f"folds.{name}"] = np.array([fold[at] for fold in folds])
    layout, norms = tensor_file.FIRST_FORMAT, gram.norms()
    if norms is not None:
        # An older version would leave them out in silence.
        layout = FORMAT_WITH_NORMS
        tensors["norms"] = norms[0]
        if replicates is not None:
            tensors["nulls.norms"], tensors["folds.norms"] = norms[1:]
    return tensors, values, layout


def read(path: str | PathLike[str]) -> tuple[core.Gram, Names]:
    """Return the sums and names."""
    tensors, values = tensor_file.read_as(path, KIND)
    try:
        return put_together(tensors, values)
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise describe_damage(path, error) from error


def put_together(
    tensors: Mapping[str, Floats], values: Mapping[str, Any]
) -> tuple[core.Gram, Names]:
    """Return the sums and names that were taken apart."""
    parts = [*(values[name] for name in COUNTS), *(tensors[name] for name in SUMS)]
    kept = "nulls" in tensors or not values.keys().isdisjoint(("seed", "n_items", "folds"))
    replicates = _read_nulls_and_folds(tensors, values) if kept else None
    norms = _read_norms(tensors, kept=kept) if "norms" in tensors else None
    gram = core.Gram.from_parts(cast("core._Parts", tuple(parts)), replicates, norms)
    names = (as_names(values["x_names"], "x"), as_names(values["y_names"], "y"))
    if gram.n_samples > 0:
        check_counts(names, gram.n_x, gram.n_y)
    if (values["n_y"], values["dtype"]) != (gram.n_y, "float64"):
        raise ValueError("its metadata and its tensors differ")
    return gram, names


def _read_nulls_and_folds(
    tensors: Mapping[str, Floats], values: Mapping[str, Any]
) -> core._Replicates:
    folds = [
        (values["n_x"], 0, n_samples, tensors["shift"], *sums)
        for n_samples, *sums in zip(
            values["folds"], *(tensors[f"folds.{name}"] for name in SUMS[1:]), strict=True
        )
    ]
    seed, n_items, rolls = (values[name] for name in ("seed", "n_items", "rolls"))
    return seed, n_items, rolls, tensors["nulls"], cast("list[core._Parts]", folds)


def _read_norms(tensors: Mapping[str, Floats], *, kept: bool) -> core._Norms:
    own = tensors["norms"]
    if kept:
        return own, tensors["nulls.norms"], tensors["folds.norms"]
    n_and_two, two = own.shape
    return own, np.empty((0, n_and_two - 1)), np.empty((0, n_and_two, two))

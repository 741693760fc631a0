"""The sums of a Gram matrix as the tensors and metadata of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

import spanmatch._core as core

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spanmatch.pair.types import Floats

COUNTS = ("n_batches", "n_samples")
SUMS = ("shift", "sums", "spread", "products")


def take_apart(gram: core.Gram) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Return tensors and metadata, without the widths of the sides."""
    _, n_batches, n_samples, *sums = gram.parts()
    tensors = dict(zip(SUMS, sums, strict=True))
    values: dict[str, Any] = dict(zip(COUNTS, (n_batches, n_samples), strict=True))
    values["dtype"] = str(tensors["products"].dtype)
    replicates, norms = gram.replicates(), gram.norms()
    if replicates is not None:
        seed, n_items, rolls, tensors["nulls"], folds = replicates
        values |= {"seed": seed, "n_items": n_items, "rolls": rolls}
        values["folds"] = [fold[2] for fold in folds]
        for at, name in enumerate(SUMS[1:], start=4):
            tensors[f"folds.{name}"] = np.array([fold[at] for fold in folds])
    if norms is not None:
        tensors["norms"] = norms[0]
        if replicates is not None:
            tensors["nulls.norms"], tensors["folds.norms"] = norms[1:]
    return tensors, values


def put_together(
    tensors: Mapping[str, Floats],
    values: Mapping[str, Any],
    widths: Sequence[int],
    sides: Sequence[str] = (),
) -> core.Gram:
    """Return the Gram matrix of tensors and metadata; errors call its sides by `sides`.

    Raises
    ------
    KeyError, OverflowError, TypeError, ValueError
        The tensors and metadata are not those of a Gram matrix.
    """
    if values["dtype"] != "float64":
        raise ValueError("its metadata and its tensors differ")
    parts = [list(widths), *(values[name] for name in COUNTS), *(tensors[name] for name in SUMS)]
    kept = "nulls" in tensors or not values.keys().isdisjoint(("seed", "n_items", "folds"))
    replicates = _read_nulls_and_folds(tensors, values, widths) if kept else None
    norms = _read_norms(tensors, kept=kept) if "norms" in tensors else None
    return core.Gram.from_parts(cast("core._Parts", tuple(parts)), replicates, norms, list(sides))


def _read_nulls_and_folds(
    tensors: Mapping[str, Floats], values: Mapping[str, Any], widths: Sequence[int]
) -> core._Replicates:
    folds = [
        (list(widths), 0, n_samples, tensors["shift"], *sums)
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
    return own, np.empty((0, 0)), np.empty((0, *own.shape))

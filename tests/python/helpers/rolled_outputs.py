"""What layers give, gathered whole by plain hooks and rolled by numpy: an oracle of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import spanmatch._core as core

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import nn

    import spanmatch as sm

    Floats = NDArray[np.float64]


def gather(model: nn.Module, data: Iterable[Any], layers: Iterable[str]) -> dict[str, list[Floats]]:
    """Return what each layer gives for each batch, by `name#call` where it runs more than once.

    The neurons of maps go last.
    """
    found: dict[str, list[Floats]] = {}
    names = {model.get_submodule(name): name for name in layers}
    outputs: list[tuple[str, Floats]] = []

    def keep(module: nn.Module, _: Any, output: torch.Tensor) -> None:
        last = output.movedim(1, -1) if output.ndim == 4 else output
        outputs.append((names[module], last.detach().double().numpy().copy()))

    hooks = [module.register_forward_hook(keep) for module in names]
    with torch.no_grad():
        for batch in data:
            model(**batch) if isinstance(batch, dict) else model(batch)
            counts = {name: [each for each, _ in outputs].count(name) for name in names.values()}
            seen: dict[str, int] = {}
            for name, values in outputs:
                call = seen[name] = seen.get(name, -1) + 1
                key = name if counts[name] == 1 else f"{name}#{call}"
                found.setdefault(key, []).append(values)
            outputs.clear()
    for hook in hooks:
        hook.remove()
    return found


def find_rolls(batches: Sequence[int], nulls: int, seed: int) -> list[list[int]]:
    """Return by how many inputs B is rolled, for each batch of so many inputs and each null."""
    gram = core.Gram(nulls, 0, seed)
    return [gram.plan(size, 1, number, 0)[0] for number, size in enumerate(batches)]


def multiply_rolled(
    x: Sequence[Floats], y: Sequence[Floats], rolls: Sequence[Sequence[int]]
) -> Floats:
    """Return the products of all rows under each null; inputs are the first axis, neurons the last.

    Means over positions where these differ.
    """
    if x[0].shape[1:-1] != y[0].shape[1:-1]:
        x, y = ([each.mean(tuple(range(1, each.ndim - 1))) for each in side] for side in (x, y))
    return np.stack(
        [
            sum(
                _as_rows(a).T @ _as_rows(np.roll(b, -each[null], axis=0))
                for a, b, each in zip(x, y, rolls, strict=True)
            )
            for null in range(len(rolls[0]))
        ]
    )


def find_products(pair: sm.ActivationPair) -> Floats:
    """Return the products between both sides under each null that a pair keeps: of whole rows."""
    gram = pair._gram.to_host()
    (n_x, n_y), _, n_samples, shift, sums, _, _ = gram.parts()
    replicates = gram.replicates()
    assert replicates is not None
    s, t = shift[:n_x], shift[n_x:]
    # Of (z - shift) the sums are kept.
    return replicates[3].reshape(-1, n_x, n_y) + (
        np.outer(s, sums[n_x:]) + np.outer(sums[:n_x], t) + n_samples * np.outer(s, t)
    )


def same_nulls(mine: sm.ActivationPair, other: sm.ActivationPair) -> bool:
    """Tell whether two pairs keep the same nulls, to the bit."""
    kept = [pair._gram.to_host().replicates() for pair in (mine, other)]
    if None in kept:
        return kept == [None, None]
    (*counts, nulls, _), (*others, other_nulls, _) = kept  # type: ignore[misc]
    return counts == others and np.array_equal(nulls, other_nulls)


def assert_near_nulls(found: Floats, wanted: Floats) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= 1e-10 * np.abs(wanted).max()


def _as_rows(values: Floats) -> Floats:
    return values.reshape(-1, values.shape[-1])


def cross(of_a: Mapping[str, Any], of_b: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(a, b) for a in of_a for b in of_b]

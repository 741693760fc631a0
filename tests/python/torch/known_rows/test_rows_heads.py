"""Heads apart: of (B, T, heads, d) the heads × d are the neurons of a token, or it is refused."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
from torch import Tensor, nn

from known_rows import EITHER, Around, Read, examine, inputs, seeded

# (inputs, tokens, heads, size)
SIZES = [
    (7, 4, 3, 2),
    (6, 4, 2, 3),
    (4, 4, 2, 3),
    (3, 4, 3, 2),
    (6, 2, 2, 3),
    (6, 3, 3, 2),
    (2, 2, 2, 3),
]

ORDERS: dict[str, tuple[Any, Any]] = {
    "B T heads d": (lambda h: h, lambda out: out.flatten(2)),
    "B heads T d": (lambda h: h.transpose(1, 2), lambda out: out.transpose(1, 2).flatten(2)),
    "B heads d T": (
        lambda h: h.permute(0, 2, 3, 1),
        lambda out: out.permute(0, 3, 1, 2).flatten(2),
    ),
    "T B heads d": (lambda h: h.transpose(0, 1), lambda out: out.transpose(0, 1).flatten(2)),
    "heads B T d": (
        lambda h: h.permute(2, 0, 1, 3),
        lambda out: out.permute(1, 2, 0, 3).flatten(2),
    ),
    "heads T B d": (
        lambda h: h.permute(2, 1, 0, 3),
        lambda out: out.permute(2, 1, 0, 3).flatten(2),
    ),
}
AXES = {
    "B T heads d": (2, 3), "B heads T d": (1, 3), "B heads d T": (1, 2), "T B heads d": (2, 3),
    "heads B T d": (0, 3), "heads T B d": (0, 3),
}  # fmt: skip


def make_of(order: str, heads: int, layer: Any = Read) -> Any:
    before = ORDERS[order][0]
    return lambda seed: seeded(
        seed, lambda: Around(layer(), lambda h: before(h.unflatten(2, (heads, -1))))
    )


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_named_axes_together_are_the_neurons(order: str, sizes: tuple[int, ...]) -> None:
    n_inputs, length, heads, _ = sizes
    batches = [inputs(n_inputs, length, 5, seed=seed) for seed in range(3)]
    axis = {"layer": AXES[order], "embed": -1}
    examine(make_of(order, heads), batches, ORDERS[order][1], axis=axis, nulls=1, folds=2)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_without_a_word_it_is_so_or_refused(order: str, sizes: tuple[int, ...]) -> None:
    n_inputs, length, heads, _ = sizes
    batches = [inputs(n_inputs, length, 5, seed=seed) for seed in range(3)]
    wide = ORDERS[order][1]

    def narrow(out: Tensor) -> Tensor:
        """Or each head a row of its own, of d neurons."""
        return wide(out).unflatten(2, (heads, -1)).flatten(1, 2)  # type: ignore[no-any-return]

    try:
        examine(make_of(order, heads), batches, wide, must=EITHER, folds=2)
    except AssertionError:
        examine(make_of(order, heads), batches, narrow, must=EITHER, folds=2)


@pytest.mark.parametrize("n_inputs", [7, 3, 4])
def test_heads_among_the_inputs(n_inputs: int) -> None:
    """(B·heads, T, d), inside attention: heads × T rows an input."""

    def before(h: Tensor) -> Any:
        return h.unflatten(2, (3, 2)).transpose(1, 2).flatten(0, 1)

    def lay(out: Tensor) -> Any:
        return out.unflatten(0, (-1, 3)).flatten(1, 2)

    for layer in (Read, lambda: nn.Linear(2, 3)):
        examine(
            lambda seed, layer=layer: seeded(seed, lambda: Around(layer(), before)),  # type: ignore[misc]
            [inputs(n_inputs, 4, 5, seed=seed) for seed in range(3)], lay, must=EITHER,
        )  # fmt: skip


@pytest.mark.parametrize("n_inputs", [5, 3, 4])
def test_attention_weights(n_inputs: int) -> None:
    """(B, heads, T, T): its last axis is positions. Never heads or queries as neurons unseen."""

    class Weights(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.layer = nn.Linear(5, 6), nn.Softmax(-1)

        def forward(self, x: Tensor) -> Any:
            h = self.embed(x).unflatten(2, (3, 2)).transpose(1, 2)
            return self.layer(h @ h.mT) @ h

    # The keys as neurons, a row for each head and query, is a reading that one may defend.
    examine(
        lambda seed: seeded(seed, Weights), [inputs(n_inputs, 4, 5, seed=s) for s in range(3)],
        lambda out: out.flatten(1, 2), must=EITHER,
    )  # fmt: skip

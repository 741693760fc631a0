"""Layers of which most outputs are zero, as those of sparse autoencoders, are summed so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import spanmatch as sm
from comparisons import is_close, is_close_comparison
from spanmatch.pair import mostly_zero
from spanmatch.torch import capture, compare, compare_many

pytestmark = pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")

LATENTS, ACTIVE = 160, 8
DATA = list(torch.randn(360, 12, generator=torch.Generator().manual_seed(0)).split(60))
QUIET: dict[str, Any] = {"progress": False}


class Top(nn.Module):
    """Keeps the largest values of each row."""

    def forward(self, x: Tensor) -> Any:
        values, indices = x.topk(ACTIVE, -1)
        return torch.zeros_like(x).scatter_(-1, indices, values.relu())


class Autoencoder(nn.Module):
    """A sparse autoencoder."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.encoder = nn.Linear(12, LATENTS)
        self.top = Top()
        self.decoder = nn.Linear(LATENTS, 12)

    def forward(self, x: Tensor) -> Any:
        return self.decoder(self.top(self.encoder(x)))


def is_shifted(pair: sm.ActivationPair) -> list[bool]:
    """Whether each side is less a shift, which none has that was summed without zeros."""
    shift = pair._gram.to_host().parts()[3]
    return [bool(shift[: pair.n_x].any()), bool(shift[pair.n_x :].any())]


@pytest.fixture
def with_zeros(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that calls another, while no zeros are left out."""

    def call(function: Any, *args: Any, **how: Any) -> Any:
        with monkeypatch.context() as patch:
            patch.setattr(mostly_zero, "LARGEST_SHARE", -1)
            return function(*args, **how, **QUIET)

    return call


@pytest.mark.parametrize(
    "how",
    [
        {"layers": ["encoder", "top", "decoder"]},
        {"layers": ["encoder", "top"], "max_memory": 8 * (2 * LATENTS) ** 2 + 150_000},
        {"layers": "top", "center": True, "folds": 4},
        {"layers": "top", "nulls": 19, "calibrate": True},
        {"layers": {"top": "encoder", "encoder": "top"}},
    ],
    ids=["plain", "passes", "folds", "nulls", "one side"],
)
def test_answers_are_those_of_all_values(how: dict[str, Any], with_zeros: Any) -> None:
    a, b = Autoencoder(0), Autoencoder(1)
    found, wanted = compare(a, b, DATA, **how, **QUIET), with_zeros(compare, a, b, DATA, **how)
    assert is_close_comparison(found, wanted, 1e-9)
    for layer, calibration in wanted.calibrations.items():
        assert is_close(found.calibrations[layer].to_dict(), calibration.to_dict(), 1e-9)
    both = (
        how["layers"] if isinstance(how["layers"], dict) else {"top": "top", "encoder": "encoder"}
    )
    for layer in found:
        other = both.get(layer, layer)
        assert is_shifted(found.pair(layer)) == [name != "top" for name in (layer, other)]
        assert is_shifted(wanted.pair(layer)) == [True, True]


def test_many_networks_are_summed_in_the_same_way(with_zeros: Any) -> None:
    models = {f"seed {seed}": Autoencoder(seed) for seed in range(3)}
    how: dict[str, Any] = {"layers": "top", "nulls": 2, "folds": 3}
    found = compare_many(models, DATA, **how, **QUIET)
    wanted = with_zeros(compare_many, models, DATA, **how)
    for a, b in (("seed 0", "seed 1"), ("seed 2", "seed 0")):
        assert is_shifted(found.pair("top", a, b)) == [False, False]
        assert is_shifted(wanted.pair("top", a, b)) == [True, True]
        assert is_close_comparison(found.comparison(a, b), wanted.comparison(a, b))
    loaded = {name: (lambda model=model: model) for name, model in models.items()}
    in_turn = compare_many(loaded, DATA, **how, **QUIET)
    assert is_close(in_turn.to_dict(), found.to_dict(), 0)


def test_captured_rows_are_dense_and_summed_without_zeros() -> None:
    pair = sm.ActivationPair()
    models = Autoencoder(0), Autoencoder(1)
    for a, b in zip(*(capture(model, DATA, "top") for model in models), strict=True):
        assert a.rows.layout == torch.strided
        pair.update(a.rows, b.rows)
    assert is_shifted(pair) == [False, False]
    alone = compare(*models, DATA, layers="top", **QUIET).pair("top")
    assert np.array_equal(pair.gram(), alone.gram())


def test_a_value_that_is_not_finite_is_named_with_its_layer() -> None:
    models = Autoencoder(0), Autoencoder(1)

    def spoil(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        spoiled = output.clone()
        spoiled[17, 9] = torch.nan
        return spoiled

    models[1].top.register_forward_hook(spoil)
    with pytest.raises(ValueError, match=r"'top'.*neuron 9 of y is NaN in row 17"):
        compare(*models, DATA, layers="top", **QUIET)

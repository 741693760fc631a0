"""Devices that do not compute in float64, as Apple's: through the host, with a warning."""

from __future__ import annotations

from functools import partial
from linecache import getline
from typing import Any

import pytest
import torch

import spanmatch as sm
from problems import problem
from spanmatch.pair.device import tensors
from spanmatch.torch import compare


@pytest.fixture
def without_float64(monkeypatch: Any) -> Any:
    """Let tensors of the host pass for those of a device that does not compute in float64."""
    monkeypatch.setattr(tensors, "HOST", "nowhere")
    zeros = torch.zeros

    def refuse_float64(*shape: Any, **options: Any) -> torch.Tensor:
        if options.get("dtype") == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return zeros(*shape, **options)

    monkeypatch.setattr(torch, "zeros", refuse_float64)
    tensors.has_float64.cache_clear()
    yield
    tensors.has_float64.cache_clear()


@pytest.mark.usefixtures("without_float64")
def test_a_device_without_float64_goes_through_the_host() -> None:
    x, y = (torch.from_numpy(side) for side in problem("planted"))
    pair = sm.ActivationPair()
    with pytest.warns(UserWarning, match="cpu has no float64") as caught:
        pair.update(x[:100], y[:100])
    assert len(caught) == 1
    # Said once: a second warning would be an error here.
    pair.update(x[100:], y[100:])
    wanted = sm.ActivationPair()
    for rows in (slice(100), slice(100, None)):
        wanted.update(x[rows].numpy(), y[rows].numpy())
    assert sm.spectrum(pair) == sm.spectrum(wanted)


def update_a_pair(x: torch.Tensor, y: torch.Tensor) -> None:
    sm.ActivationPair().update(x, y)


def compare_two_models(x: torch.Tensor, y: torch.Tensor) -> None:
    model = torch.nn.Linear(x.shape[1], 2, dtype=x.dtype)
    # The rows are taken by a hook, which torch calls.
    compare(model, model, [x], progress=False)


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (update_a_pair, "sm.ActivationPair().update(x, y)"),
        (sm.spectrum, "call(x, y)"),
        (partial(sm.null_spectra, nulls=2), "call(x, y)"),
        (sm.interval, "call(x, y)"),
        (compare_two_models, "compare(model, model, [x], progress=False)"),
    ],
    ids=["update", "spectrum", "null_spectra", "interval", "compare"],
)
@pytest.mark.usefixtures("without_float64")
def test_a_device_without_float64_is_told_where_the_package_is_called(call: Any, line: str) -> None:
    x, y = (torch.from_numpy(side) for side in problem("planted"))
    with pytest.warns(UserWarning, match="cpu has no float64") as caught:
        call(x, y)
    assert [warning.filename for warning in caught] == [__file__]
    assert getline(__file__, caught[0].lineno).strip() == line

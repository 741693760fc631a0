"""Models by name without their weights: shapes on torch's meta device, which take no memory."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.torch.loading.architectures import ARCHITECTURES
from spanmatch.torch.loading.calls import join_arguments, split_call
from spanmatch.torch.loading.factories import import_factory
from spanmatch.torch.loading.models import EXAMPLES, SOURCES, call_factory, make_architecture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn


def build_weightless(name: str, **kwargs: Any) -> nn.Module:
    """Return a model whose parameters have shapes, but neither values nor memory.

    Only the configuration of a name of the Hugging Face hub is downloaded.

    Parameters
    ----------
    name
        As `load_model` takes it.
    **kwargs
        As `load_model` takes them.

    Raises
    ------
    ValueError
        There is no such model, or it cannot be made without weights.
    OSError
        A configuration cannot be had.

    Examples
    --------
    >>> model = build_weightless("resnet20")
    >>> next(model.parameters()).device
    device(type='meta')
    """
    place, said = split_call(name)
    kwargs = join_arguments(place, said, kwargs)
    kind, _, rest = place.partition(":")
    if place in ARCHITECTURES:
        with torch.device("meta"):
            return make_architecture(place, kwargs)
    if kind in SOURCES and rest:
        with _on_meta(name):
            return SOURCES[kind](rest, "random", kwargs)
    with import_factory(place, [*SOURCES, *ARCHITECTURES], EXAMPLES) as factory, _on_meta(name):
        return call_factory(place, factory, None, kwargs)


def explain_weights_needed(name: str, error: Exception) -> str:
    """Return a way out for a failure that may be due to missing values of weights."""
    reason = str(error).partition("\n")[0]
    return (
        f"{name} cannot be planned without weights: {reason}; if it needs their values, "
        "`load_model(seed=0)` makes the model with random ones, in memory"
    )


@contextmanager
def _on_meta(name: str) -> Iterator[None]:
    try:
        # torch warns code that loads weights that they go nowhere, which is intended.
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.device("meta"):
            warnings.filterwarnings("ignore", message=".*meta parameter.*")
            yield
    # These are the errors of torch if a value is asked for; they do not say so.
    except (NotImplementedError, RuntimeError) as error:
        raise ValueError(explain_weights_needed(name, error)) from error

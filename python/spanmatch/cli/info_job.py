"""The work of `info`: run a model on one batch, and print its layers or a plan."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import torch

from spanmatch.base.plain_json import format_json
from spanmatch.cli.current_folder import importing_from_here
from spanmatch.cli.other_bars import without_other_bars
from spanmatch.cli.plan_table import print_plan
from spanmatch.cli.terminal import echo
from spanmatch.torch.comparing.plan import plan_comparison
from spanmatch.torch.loading.default_input import make_default_input, make_zeros
from spanmatch.torch.loading.weightless import explain_weights_needed
from spanmatch.torch.observing.layer_info import layer_info
from spanmatch.torch.observing.model_error import ModelError
from spanmatch.torch.resuming.ranks import choose_device

if TYPE_CHECKING:
    from torch import nn

    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.resuming.config import NamedData, NamedModel


@dataclass(frozen=True)
class Run:
    """A model and its input: data, zeros of given sizes, or zeros of its library's default size."""

    model: NamedModel
    data: NamedData | None
    sizes: tuple[int, ...] | None

    def load(self, *, weightless: bool = False) -> tuple[nn.Module, Any]:
        """Return the model, with weights or without, and the batch."""
        first: Any = None
        if self.data is not None:
            first = next(iter(self.data.load()))
        elif self.sizes is not None:
            first = torch.zeros(self.sizes, device="meta" if weightless else None)
        load = self.model.build_weightless if weightless else self.model.load
        model = load([] if first is None else [first])
        if self.data is not None:
            return model, first
        if self.sizes is not None:
            return model, make_zeros(model, self.sizes)
        return model, make_default_input(self.model.name, model)


def list_layers(run: Run, layers: list[str] | None, *, as_json: bool) -> None:
    """Show the output of each layer."""
    with without_other_bars(), importing_from_here():
        table = layer_info(*run.load(), layers or None)
    echo(format_json([asdict(layer) for layer in table]) if as_json else repr(table))


def plan_layers(run: Run, options: CompareOptions, *, as_json: bool) -> None:
    """Show the memory, passes and time that a comparison with another such model takes."""
    options = replace(options, device=choose_device(None))
    weightless = run.model.seed is None
    with without_other_bars(), importing_from_here():
        model, batch = run.load(weightless=weightless)
        try:
            plan = plan_comparison(model, batch, options)
        except ModelError as error:
            if not weightless:
                raise
            raise ValueError(explain_weights_needed(run.model.name, error)) from error
    if as_json:
        echo(format_json(plan.to_dict()))
    else:
        print_plan(plan)

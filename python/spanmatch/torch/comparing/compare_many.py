"""Comparison of many networks on the same data, layer by layer."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn

from spanmatch.base.memory import as_bytes, raises_memory_errors
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.comparing.budget import find_budget
from spanmatch.torch.comparing.collect import can_draw_bars
from spanmatch.torch.comparing.kept_sums import TemporarySums
from spanmatch.torch.comparing.matched_layers import check_choice, check_networks
from spanmatch.torch.comparing.network_answers import (
    LayerSums,
    answer_networks,
    assemble_many,
    warn_of_too_few,
)
from spanmatch.torch.comparing.network_groups import group_networks
from spanmatch.torch.comparing.network_rows import NetworkRows
from spanmatch.torch.comparing.network_runs import RunNetworks, run_network
from spanmatch.torch.comparing.options import CompareOptions
from spanmatch.torch.comparing.summed_networks import SummedNetworks, sum_in_step
from spanmatch.torch.observing.model_error import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spanmatch.base.arguments import Ridge
    from spanmatch.comparison.many.many_comparison import ManyComparison
    from spanmatch.torch.comparing.matched_layers import NetworkLayers
    from spanmatch.torch.comparing.network_groups import NetworkGroup
    from spanmatch.torch.comparing.network_rows import NetworkRun
    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.items import ItemsChoice
    from spanmatch.torch.observing.masks import MaskChoice

ModelOrLoader: TypeAlias = "nn.Module | Callable[[], nn.Module]"
"""A model, or a function that loads it when it is needed."""


@raises_memory_errors
def compare_many(
    models: Mapping[str, ModelOrLoader],
    data: Iterable[Any],
    *,
    layers: NetworkLayers = None,
    reference: str | None = None,
    device: torch.device | str | None = None,
    center: bool = False,
    ridge: Ridge = None,
    mask: MaskChoice = None,
    axis: NeuronAxes = None,
    trace: bool = True,
    input_axis: int = 0,
    items: ItemsChoice = None,
    max_neurons: int | None = None,
    max_memory: int | str | None = None,
    max_batches: int | None = None,
    nulls: int = 0,
    folds: int = 0,
    seed: int = 0,
    calibrate: bool = False,
    progress: bool = True,
) -> ManyComparison:
    """Compare many networks layer by layer, on the same inputs.

    Every network runs once over every batch, and a few times more over the first one. All pairs of
    networks are made from the same sums. Rows, masks, positions and zeros are treated as by
    `compare`.

    Models run side by side, batch by batch, and memory does not grow with the data. If the networks
    do not fit into memory together, pass functions that load them. Each is then loaded, run over
    all data and released before the next is loaded. The rows of every network are kept in a
    temporary folder (TMPDIR) until all have run. A hash of every batch checks that all networks see
    the same inputs.

    Parameters
    ----------
    models
        A mapping from names to at least two networks: models, or functions without arguments that
        return one. If any of them is a function, all networks run one after the other.
    data
        Batches, as `compare` takes them. If networks run one after the other, the data are read
        once for each, always in the same order.
    layers
        A glob, a name, several of these, or None, as `compare` takes them. Layers are then matched
        by their names. Or a mapping from each network to its layers, which are matched in the order
        given. The result calls a layer by its name in the first network.
    reference
        The name of a network. Each of the others is compared with it only, which takes less time
        and memory. None compares each network with every other.
    device, center, ridge, mask, axis, trace, input_axis, items, max_neurons, max_batches
        As for `compare`. A layer that cannot be read, or is too wide, in one network is compared
        among the others.
    max_memory
        As for `compare`. The sums of a layer take the square of the neurons of all networks
        together, and as much again while a batch is added. With a reference they take (n_a + n_b)²
        for each of the others.
    nulls, folds, seed
        As for `compare`. All networks share the circular shifts, so two of them have the p-value
        that `compare` gives with the same seed.
    calibrate
        As for `compare`, for every pair of networks.
    progress
        Whether to show bars, and the disk space that the networks will take, on standard error.

    Returns
    -------
    ManyComparison
        A mapping from layers to arrays over networks. It also has all comparisons and pairs.

    Raises
    ------
    TypeError, ValueError
        An argument, a layer, a batch or a mask is wrong; networks read other inputs or have other
        layers; a value is not finite. Messages name the network.
    MemoryError
        As for `compare`.
    OSError
        The rows of a network do not fit on the disk.
    ModelError
        A network, or the function that loads it, raised an error. The message names the network,
        the layer and the batch.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of some layers.

    Examples
    --------
    >>> import torch
    >>> def make(seed):
    ...     _ = torch.manual_seed(seed)
    ...     return torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.Tanh())
    >>> networks = {f"seed {seed}": make(seed) for seed in range(3)}
    >>> many = compare_many(networks, torch.randn(200, 8).split(50), progress=False)
    >>> many.layers, many.networks
    (('0', '1'), ('seed 0', 'seed 1', 'seed 2'))
    >>> many["1"].area.shape
    (3, 3)
    """
    if not isinstance(models, Mapping):
        raise TypeError(
            f"`models` is a {type(models).__name__}: pass the networks by name, as "
            '{"seed 0": a, "seed 1": b}'
        )
    networks = check_networks(list(models), reference)
    check_choice(layers, networks)
    options = CompareOptions(
        center=center,
        ridge=ridge,
        axis=axis,
        mask=mask,
        trace=trace,
        input_axis=input_axis,
        items=items,
        max_neurons=max_neurons,
        max_memory=as_bytes(max_memory, "max_memory"),
        max_batches=max_batches,
        nulls=nulls,
        folds=folds,
        seed=seed,
        calibrate=calibrate,
        device=device,
    )
    groups = group_networks(networks, reference, options.resampling)
    summed = _sum_networks(models, data, layers, groups, options, progress=progress)
    check_inputs(summed.inputs, options.folds)
    answers = answer_networks(summed.layers, groups, options, progress=progress and can_draw_bars())
    many = assemble_many(
        answers,
        LayerSums(summed.layers),
        inputs=summed.inputs,
        left_out=summed.left_out,
        absent=summed.absent,
        options=options,
        networks=networks,
        reference=reference,
    )
    warn_of_too_few(many)
    return many


def _sum_networks(
    models: Mapping[str, ModelOrLoader],
    data: Iterable[Any],
    layers: NetworkLayers,
    groups: Sequence[NetworkGroup],
    options: CompareOptions,
    *,
    progress: bool,
) -> SummedNetworks:
    """Return the sums of all layers."""
    in_memory = {name: each for name, each in models.items() if isinstance(each, nn.Module)}
    if len(in_memory) == len(models):
        return sum_in_step(in_memory, data, layers, groups, options, progress=progress)
    for name, each in models.items():
        if not callable(each):
            raise TypeError(
                f"network {name!r} is a {type(each).__name__}: pass a torch.nn.Module, or a "
                "function without arguments that returns one"
            )
    if isinstance(data, Iterator):
        raise ValueError(
            "networks that are loaded one after the other each read the data, which can be read "
            "once only: pass a list or a DataLoader, or models that are loaded already"
        )
    return _sum_in_turn(models, data, layers, groups, options, progress=progress)


def _sum_in_turn(
    models: Mapping[str, ModelOrLoader],
    data: Iterable[Any],
    layers: NetworkLayers,
    groups: Sequence[NetworkGroup],
    options: CompareOptions,
    *,
    progress: bool,
) -> SummedNetworks:
    """Run one network after the other, keep their rows in a temporary folder, and sum them."""
    told = {"say": _say} if progress else {}
    folder = Path(tempfile.mkdtemp(prefix="spanmatch-"))
    try:
        runs: dict[str, NetworkRun] = {}
        rows = {name: NetworkRows(folder / str(at)) for at, name in enumerate(models)}
        for at, (name, given) in enumerate(models.items()):
            model = _load(name, given)
            (folder / str(at)).mkdir()
            runs[name] = run_network(
                name,
                model,
                data,
                layers=layers,
                options=options,
                folder=folder / str(at),
                before=runs,
                n_networks=len(models),
                progress=progress and can_draw_bars(),
                **told,
            )
            # The next network needs the memory.
            del model
        device = torch.device("cpu")
        budget = find_budget(options.max_memory, device)
        networks = RunNetworks(runs, layers, groups, options, budget)
        kept, numbers = TemporarySums(), range(len(next(iter(runs.values())).digests))
        for key in networks.list_keys():
            kept.add(key, networks.sum_layer(key, rows, numbers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return SummedNetworks(kept, networks.inputs, networks.left_out, networks.layers.absent)


def _load(name: str, given: ModelOrLoader) -> nn.Module:
    """Return a network, loaded by its function if it is one; errors name the network."""
    if isinstance(given, nn.Module):
        return given
    try:
        model = given()
    except Exception as error:
        raise ModelError(
            f"network {name!r}: its function raised {type(error).__name__}: {error}"
        ) from error
    if not isinstance(model, nn.Module):
        raise TypeError(
            f"the function of network {name!r} returned a {type(model).__name__}, not a "
            "torch.nn.Module"
        )
    return model


def _say(told: str) -> None:
    print(told, file=sys.stderr)  # noqa: T201

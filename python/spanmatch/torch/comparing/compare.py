"""Two models on one data set: which of their layers learn the same representation."""

from __future__ import annotations

import sys
import warnings
from importlib.util import find_spec
from itertools import chain
from typing import TYPE_CHECKING, Any

from spanmatch.base.arguments import as_center
from spanmatch.base.errors import UndersampledWarning
from spanmatch.base.progress import progress_bar
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.keys import label
from spanmatch.pair.nulls_and_folds import Keeps, check_inputs
from spanmatch.solve.layer_answer import answer_layer
from spanmatch.solve.undersampled import too_few, without_undersampled_warnings
from spanmatch.torch.comparing.collect import AllPairs, Collected, OneByOne
from spanmatch.torch.comparing.layer_pairs import layer_pairs, layers_of
from spanmatch.torch.comparing.layer_sums import memory
from spanmatch.torch.comparing.lockstep import Lockstep, axes_for, batches_of
from spanmatch.torch.observing.layer_info import layer_info
from spanmatch.torch.observing.layers import chosen_layers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import torch
    from torch import nn

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.torch.observing.layers import LayerChoice, Layers


def compare(
    model_a: nn.Module,
    model_b: nn.Module,
    data: Iterable[Any],
    *,
    layers: LayerChoice | Mapping[str, str] = None,
    layers_b: LayerChoice = None,
    all_pairs: bool = False,
    device: torch.device | str | None = None,
    center: bool = False,
    mask: str | Callable[[Any], Any] | None = None,
    axis: int | Mapping[str, int] | None = None,
    max_batches: int | None = None,
    nulls: int = 0,
    folds: int = 0,
    seed: int = 0,
    progress: bool = True,
) -> Comparison:
    """Compare two models layer by layer, on the same inputs.

    Both run over every batch, and each layer is reduced to a pair as it appears: memory does not
    grow with the data. Of maps the channels are neurons and every position of every image is a
    sample; of sequences the hidden units, and every unmasked token. Where a layer has other
    positions in B than in A, each item's mean over them is its sample, and a note says so. The
    models are left as they were.

    Parameters
    ----------
    model_a, model_b
        As they are used: DataParallel, DistributedDataParallel and torch.compile are looked
        through. They run in eval mode.
    data
        Batches: each a tensor, (inputs, targets), or a mapping of arguments, of which a model is
        given those that it takes. Models get copies, floats in their own precision.
    layers
        A glob, a name or several, as `named_modules` has them; a star matches dots too. None: every
        leaf module with an output of floats, but dropout, identity and flatten. Or a mapping from
        names in A to names in B.
    layers_b
        The layers of B, where their names differ: paired with those of A in the order given, those
        of one glob in the order of the model.
    all_pairs
        Compare every layer of A with every layer of B. Asks for `layers`. The products within a
        layer are kept once; what all takes is said first.
    device
        Where both run; they are moved back. None: where they are.
    center
        Subtract each neuron's mean first.
    mask
        Which positions count: the key of a mapping, or a function that makes the mask (or None) of
        a batch. None: `attention_mask`, where the batch is a mapping and has one.
    axis
        The neurons' axis, where it is not told by what a layer is and is given: an int for all
        layers, or a mapping from globs.
    max_batches
        How many batches are read; None: all.
    nulls
        How many times each pair is also summed with B rolled against A by whole inputs, inside each
        batch: the comparison then tells which layers match more than that, and how rare it is.
        Batches must be of two inputs at least, better of more than there are nulls, in an order
        that says nothing, and texts of one length, or without special first tokens: see
        `null_spectra`. With 8 nulls the products take five times as long. Not with `all_pairs`.
    folds
        Among how many folds inputs are dealt, 16 as a rule: the comparison then has intervals: see
        `interval`. Not with `all_pairs`.
    seed
        What rolls and deals follow from.
    progress
        Show bars on standard error, if that is a terminal and rich is installed.

    Returns
    -------
    Comparison
        A mapping from layers, by their names in A, to `MatchSpectrum`; from tuples (a, b), if
        `all_pairs`. It has the pairs too.

    Raises
    ------
    TypeError, ValueError
        What is wrong with the arguments; with a layer, a batch or a mask; there is no batch; a
        value is not finite.
    ModelError
        A model raised an error: it says in which layer, at which batch.

    Warns
    -----
    UndersampledWarning
        There are fewer than five samples for each neuron of some layers.

    Examples
    --------
    >>> import torch
    >>> _ = torch.manual_seed(0)
    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> comparison = compare(model, model, torch.randn(200, 8).split(50), progress=False)
    >>> comparison.layers
    ('0', '1', '2')
    >>> comparison["2"].similarity(0.0)
    1.0
    """
    center = as_center(center)
    found = collect(
        model_a,
        model_b,
        data,
        layers=layers,
        layers_b=layers_b,
        all_pairs=all_pairs,
        device=device,
        mask=mask,
        axis=axis,
        max_batches=max_batches,
        keeps=Keeps(nulls, folds, seed),
        progress=progress,
    )
    check_inputs(found.inputs, folds)
    answers = solve(found.pairs, center=center, progress=progress)
    comparison = assembled(answers, found, center=center)
    if complaint := undersampled(comparison):
        warnings.warn(complaint, UndersampledWarning, stacklevel=2)
    return comparison


def collect(
    model_a: nn.Module,
    model_b: nn.Module,
    data: Iterable[Any],
    *,
    layers: LayerChoice | Mapping[str, str],
    layers_b: LayerChoice,
    all_pairs: bool,
    device: torch.device | str | None,
    mask: str | Callable[[Any], Any] | None,
    axis: int | Mapping[str, int] | None,
    max_batches: int | None,
    keeps: Keeps,
    progress: bool,
) -> Collected:
    """Reduce both models to the pairs of their layers; arguments as for `compare`."""
    keeps.empty_pair()  # for its errors, before any work
    batches, total = batches_of(data, max_batches)
    collector: OneByOne | AllPairs
    if all_pairs:
        if layers is None or not isinstance(layers, str | list | tuple):
            raise ValueError("all_pairs compares every layer with every other: choose by layers=…")
        if keeps.nulls or keeps.folds:
            raise ValueError(
                "nulls and folds are kept for layers one by one: leave all_pairs out, and pair the "
                "layers by layers and layers_b"
            )
        chosen = (
            chosen_layers(model_a, layers),
            chosen_layers(model_b, layers if layers_b is None else layers_b),
        )
        collector = AllPairs()
    else:
        pairs = layer_pairs(model_a, model_b, layers, layers_b)
        chosen = (
            layers_of(model_a, list(pairs), layers),
            layers_of(model_b, list(pairs.values()), layers if layers_b is None else layers_b),
        )
        collector = OneByOne(pairs, keeps)
    lockstep = Lockstep((model_a, model_b), chosen, device=device, axis=axis, mask=mask)
    first = next(batches, None)
    if first is None:
        raise ValueError("there is no batch in data: it is empty, or was read before")
    if all_pairs and progress:
        _say_memory((model_a, model_b), chosen, first, axis)
    with lockstep.observing(), progress_bar("Running both models", _shown(progress)) as report:
        for done, batch in enumerate(chain([first], batches), start=1):
            collector.begin()
            lockstep.run(batch, collector.receive)
            collector.check(lockstep)
            if report is not None and total is not None:
                report(done, total)
    return collector.collected(lockstep)


def solve(
    pairs: Mapping[Key, ActivationPair], *, center: bool, progress: bool
) -> dict[Key, LayerAnswer]:
    """Return what every pair tells; of those with too few samples `undersampled` tells."""
    answers: dict[Key, LayerAnswer] = {}
    with progress_bar("Matching layers", _shown(progress)) as report:
        for done, key in enumerate(pairs, start=1):
            with without_undersampled_warnings():
                answers[key] = answer_layer(pairs[key], center=center)
            if report is not None:
                report(done, len(pairs))
    return answers


def assembled(answers: Mapping[Key, LayerAnswer], found: Collected, *, center: bool) -> Comparison:
    """Return the comparison of what was collected and solved."""
    return Comparison(
        {key: each.spectrum for key, each in answers.items()},
        found.pairs,
        center=center,
        notes=found.notes,
        inputs=found.inputs or None,
        nulls={key: each.nulls for key, each in answers.items() if each.nulls is not None},
        intervals={
            key: each.interval for key, each in answers.items() if each.interval is not None
        },
    )


def undersampled(spectra: Mapping[Key, MatchSpectrum]) -> str:
    """Return a sentence on the spectra of too few samples, or none."""
    complaints = [
        (key, complaint)
        for key, each in spectra.items()
        for complaint in too_few(each.n_samples, max(each.x.size, each.y.size))
    ]
    if not complaints:
        return ""
    key, complaint = complaints[0]
    return f"{len(complaints)} of {len(spectra)} comparisons, as {label(key)}: {complaint}"


def _say_memory(
    models: tuple[nn.Module, nn.Module],
    chosen: tuple[Layers, Layers],
    batch: Any,
    axis: int | Mapping[str, int] | None,
) -> None:
    neurons = [
        [layer.neurons or 0 for layer in layer_info(model, batch, each, axis=at)]
        for model, each, at in zip(models, chosen, axes_for(axis, chosen), strict=True)
    ]
    count = len(neurons[0]) * len(neurons[1])
    print(  # noqa: T201
        f"all pairs: {count} of {len(neurons[0])} and {len(neurons[1])} layers, "
        f"{memory(*neurons) / 1e9:.2g} GB of sums, beside the float64 rows of a batch",
        file=sys.stderr,
    )


def _shown(progress: bool) -> bool:
    """Bars are for those who look on, and have what draws them."""
    return progress and sys.stderr.isatty() and find_spec("rich") is not None

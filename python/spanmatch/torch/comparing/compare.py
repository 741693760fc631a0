"""Two models on one data set: which of their layers learn the same representation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spanmatch.base.errors import UndersampledWarning, warn_user
from spanmatch.base.memory import as_bytes, raises_memory_errors
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.comparing.answers import (
    answer_pairs,
    assemble_comparison,
    describe_undersampled,
)
from spanmatch.torch.comparing.collect import can_draw_bars, collect_pairs
from spanmatch.torch.comparing.options import CompareOptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch
    from torch import nn

    from spanmatch.base.arguments import Ridge
    from spanmatch.comparison.comparison import Comparison
    from spanmatch.torch.observing.axis_choice import NeuronAxes
    from spanmatch.torch.observing.items import ItemsChoice
    from spanmatch.torch.observing.layers import LayerChoice
    from spanmatch.torch.observing.masks import MaskChoice


@raises_memory_errors
def compare(
    model_a: nn.Module,
    model_b: nn.Module,
    data: Iterable[Any],
    *,
    data_b: Iterable[Any] | None = None,
    layers: LayerChoice | Mapping[str, str] = None,
    layers_b: LayerChoice = None,
    all_pairs: bool = False,
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
) -> Comparison:
    """Compare two models layer by layer, on the same inputs.

    First it is found out what a row is. Each model runs twice more on the first batch, the second
    time with its inputs in another order; rows that moved with an input are that input's. It runs
    again on sequences of other lengths for each mask, and where the neurons' axis is not known. A
    few runs more are made where an output did not move, moved otherwise, or stayed as long. A layer
    whose rows cannot be traced is left out, and `left_out` says why; one that you ask for by its
    whole name is an error. Then both models run over every batch, and each layer is reduced to a
    pair as it appears, so memory does not grow with the data. In maps the channels are the neurons,
    and every position of every image is a sample; in sequences they are the hidden units, and every
    unmasked token. Positions are paired by their number and order, which is not tried out: a layer
    that turns time round in one model alone is not noticed. Where a layer has another number of
    positions in B than in A, or others that count, the mean over an input's positions is its
    sample, and a note says so. The models are left as they were.

    Layers of which most outputs are zero, as the latents of sparse autoencoders, are summed without
    their zeros, by the rule of `ActivationPair.update`: at most one value in 16, counted batch by
    batch. Not with `all_pairs`, and not on a GPU.

    Parameters
    ----------
    model_a, model_b
        As they are used: DataParallel, DistributedDataParallel and torch.compile are looked
        through. They run in eval mode.
    data
        Batches: each a tensor, (inputs, targets), or a mapping of arguments, of which a model is
        given those that it takes. Models get copies, floats in their own precision. A batch of
        torch_geometric is given whole, or in parts to a model that takes these by name.
    data_b
        The batches of B, where it sees other inputs: noisy ones, another language, the captions of
        images. Input i of a batch in `data` stands beside input i of the same batch here.
    layers
        A glob, a name or several, as `named_modules` has them. One that begins with "!" takes away,
        from the default if it is alone; the last that matches decides. A star matches dots too; in
        a choice that has ** somewhere a single one does not. None, the default: every leaf module
        with an output of floats, but dropout, identity and flatten. Or a mapping from names in A to
        names in B.
    layers_b
        The layers of B, where their names differ: paired with those of A in the order given, those
        of one glob in the order of the model.
    all_pairs
        Compare every layer of A with every layer of B. Asks for `layers`. The products within a
        layer are kept once; what all takes is said first. With `nulls` one roll of the inputs is
        shared by all layers: null 3 of every pair has them rolled alike, so that the best layer of
        each null can be told.
    device
        Where both run; they are moved back. None: where they are.
    center
        Subtract each neuron's mean first.
    ridge
        λ of the residuals, where samples are few: see `spectrum`. "auto" chooses one for each layer
        by its folds, which then have to be asked for; not with `nulls`.
    mask
        Which positions count: the key of a mapping, or a function that makes the mask (or None) of
        a batch. None, the default: `attention_mask`, and every key that ends so, as
        `decoder_attention_mask`, where the batch is a mapping and has them. A mask counts for the
        layers that run over the positions of its input, as a run on a shorter sequence shows. Or a
        mapping from globs of layers to keys, functions or None: the first glob that matches counts,
        and layers that none matches have no mask. A glob may match in one of the models alone.
    axis
        The neurons' axis, where neither a layer's kind nor its input tells it: an int for all
        layers; a tuple of axes that together are the neurons, as heads and their size are; or a
        mapping from globs to these, of which the first that matches counts.
    trace
        Whether to find out what a row is. False is for those who know it: the first axis of every
        output is taken for that of the inputs, and where the neurons' axis is not known, the likely
        one is. How large the layers are is not known then, so memory is not asked first.
    input_axis
        Which axis of the batch's tensors runs over the inputs: 1 for time-first sequences.
    items
        How many rows every input has, where inputs lie one after the other on axis 0, as nodes of
        graphs, concatenated proteins and packed texts do: the key of a batch that is a mapping, or
        a function of a batch. What it has or returns are positive integers, one for every input.
        Layers are read that have as many rows on axis 0 as these together, or one for each input.
        That they are theirs is tried out: with the rows of some inputs disturbed, no others may
        change; that takes each model about ten runs on the first batch for each tensor that has
        such rows. With `trace=False` it is taken for granted. Not with `mask` or `input_axis`. A
        batch of torch_geometric needs none: its graphs are the inputs.
    max_neurons
        Leave out layers of more neurons than that, on either side.
    max_memory
        What the sums of the layers may take, beside the models: bytes, or a text such as "4 GB".
        None: half of what is free. Where all layers take more, the models run over the data several
        times, each time for some of the layers, or of the pairs of layers, and the pairs go to
        temporary files; data that can be read once only are an error then. A layer that alone takes
        more is left out, as is a pair of two, of all pairs; those that you ask for by their whole
        names are an error.
    max_batches
        How many batches are read; None: all.
    nulls
        How many times each pair is also summed with the inputs of B shifted circularly against
        those of A, inside each batch: the comparison then tells which layers match more than that,
        and how rare it is.
        Batches must be of two inputs at least, better of more than there are nulls, in an order
        that says nothing, and texts of one length, or without special first tokens: see
        `null_spectra`. With 8 nulls the products take five times as long. A pair of layers has the
        same nulls, whether it is compared alone or is one of `all_pairs`.
    folds
        To how many folds the inputs are assigned, 16 as a rule: the comparison then has intervals:
        see `interval`. Not with `all_pairs`.
    seed
        What circular shifts and fold assignment follow from.
    calibrate
        Whether the measures of each layer are found of its nulls too, of which it needs 19: the
        comparison then has `calibrations`, and `calibrated` shows what is left of each measure
        above chance. Takes time: as `calibrate` for each layer.
    progress
        Show bars on standard error, if that is a terminal and rich is installed.

    Returns
    -------
    Comparison
        A mapping from layers, by their names in A, to `MatchSpectrum`; from tuples (a, b), if
        `all_pairs`. It has the pairs too, and in `one_to_one` what each layer shares neuron by
        neuron.

    Raises
    ------
    TypeError, ValueError
        What is wrong with the arguments; with a layer, a batch or a mask; there is no batch; a
        value is not finite.
    MemoryError
        The sums of a named layer, of a pair of named layers, or of every one do not fit; or those
        of all together do not, and the data can be read only once.
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
    options = CompareOptions(
        layers=layers,
        layers_b=layers_b,
        all_pairs=all_pairs,
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
    collected = collect_pairs((model_a, model_b), data, options, data_b=data_b, progress=progress)
    check_inputs(collected.inputs, options.folds)
    bars = progress and can_draw_bars()
    answers = answer_pairs(
        collected.pairs,
        center=options.center,
        ridge=options.ridge,
        calibrate=options.calibrate,
        progress=bars,
    )
    comparison = assemble_comparison(answers, collected, options)
    if complaint := describe_undersampled(comparison):
        warn_user(complaint, UndersampledWarning)
    return comparison

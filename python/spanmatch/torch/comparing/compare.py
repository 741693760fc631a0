"""Comparison of two models on the same data, layer by layer."""

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

    Both models run over every batch in eval mode. Each layer is summed into a pair while they run,
    so memory does not grow with the data. In maps the channels are the neurons, and every position
    of every image is a sample. In sequences the hidden units are the neurons, and every unmasked
    token is a sample. The models are left as they were.

    To find out which rows of an output belong to which input, each model first runs twice more on
    the first batch, the second time with its inputs in another order. Rows that moved with an input
    belong to it. Some layers and masks need a few more runs, on shorter sequences or smaller
    images. A layer that cannot be read is left out, and `left_out` of the comparison says why. If
    you asked for it by its whole name, it is an error.

    The positions of an input are paired between the models by their number and order, which is not
    checked: a layer that reverses time in one model only is not noticed. If a layer has other
    positions in B than in A, the mean over an input's positions is its sample, and a note says so.

    Parameters
    ----------
    model_a, model_b
        The models. The module inside DataParallel, DistributedDataParallel and torch.compile is
        used.
    data
        Batches: each a tensor, a pair (inputs, targets), or a mapping of arguments, of which a
        model is given those that it takes. Models get copies, with floats in their own precision. A
        batch of torch_geometric is passed whole, or in parts to a model that names them.
    data_b
        The batches of B, if it sees other inputs: noisy ones, another language, the captions of
        images. Input i of a batch here is paired with input i of the same batch in `data`.
    layers
        A glob, a name, or several of these, for the names of `named_modules`. One that begins with
        "!" takes layers away; alone, it takes them from the default. The last one that matches
        decides. A star matches dots too, unless some glob contains `**`; then only `**` does. None,
        the default, is every leaf module with an output of floats, but dropout, identity and
        flatten. Or a mapping from names in A to names in B.
    layers_b
        The layers of B, if their names differ. They are paired with those of A in the order given;
        layers of one glob are in the order of the model.
    all_pairs
        Whether to compare every layer of A with every layer of B. It needs `layers`. With `nulls`
        all pairs of layers share the circular shifts, so that `Comparison.best` can account for the
        search.
    device
        The device on which both models run. They are moved back afterwards. None is where they are.
    center
        Whether to subtract each neuron's mean first.
    ridge
        λ for few samples: see `spectrum`. "auto" chooses λ for each layer by cross-validation over
        `folds`, and cannot be combined with `nulls`.
    mask
        Which positions count: a key of the batch, or a function of the batch that returns the mask
        or None. The default is `attention_mask`, and every key that ends so, if the batch is a
        mapping. A mask applies to the layers that run over the positions of its input, as a run on
        a shorter sequence shows. Or a mapping from globs of layers to keys, functions or None. The
        first glob that matches counts, and other layers have no mask. A glob may match in only one
        of the models.
    axis
        The neurons' axis, if neither the type of a layer nor its input determines it: an int for
        all layers; a tuple of axes that are the neurons together, such as heads and their size; or
        a mapping from globs to these, of which the first that matches counts.
    trace
        Whether to find out which rows belong to which input. With False the first axis of every
        output is taken for the inputs, and the most likely axis for the neurons. The sizes of the
        layers are then not known in advance, so `max_memory` cannot be used.
    input_axis
        The axis of the batch's tensors that runs over the inputs: 1 for sequences with time first.
    items
        The number of rows of every input, if inputs lie one after the other on axis 0, as nodes of
        graphs, concatenated proteins or packed texts: the key of the batch that holds these counts,
        or a function of the batch. Layers must have as many rows on axis 0 as all inputs together,
        or one for each input. This is checked by about ten runs on the first batch for each tensor
        with such rows: disturbing some inputs must not change rows of others. It cannot be combined
        with `mask` or `input_axis`. A batch of torch_geometric needs no `items`: its graphs are the
        inputs.
    max_neurons
        Leave out layers that have more neurons than this in either model.
    max_memory
        The memory that the sums may take, beside the models: bytes, or a text such as "4 GB". None
        is half of the free memory. If all layers together take more, the models run over the data
        several times, each time for some of the layers, and pairs go to temporary files. The data
        must then be readable more than once. A layer that alone takes more is left out, or an error
        if you asked for it by its whole name.
    max_batches
        The number of batches to read; None is all.
    nulls
        The number of permutation nulls: sums in which the inputs of B are shifted circularly
        against those of A inside each batch. They give the measured chance level and p-values.
        Batches need at least two inputs, better more than there are nulls, in an order that says
        nothing; texts should have one length: see `null_spectra`. With 8 nulls the sums take about
        five times as long.
    folds
        The number of folds that the inputs are dealt to, usually 16, for jackknife intervals and
        cross-validated residuals: see `interval`. Not with `all_pairs`.
    seed
        The seed of the circular shifts and the folds.
    calibrate
        Whether to compute all measures on the nulls too, of which there must be at least 19. The
        comparison then has `calibrations`. This takes as long as `calibrate` for each layer.
    progress
        Whether to show bars on standard error, if it is a terminal and rich is installed.

    Returns
    -------
    Comparison
        A mapping from layers, by their names in A, to `MatchSpectrum`; with `all_pairs`, from
        tuples (a, b). It also has the pairs and all other results.

    Raises
    ------
    TypeError, ValueError
        An argument, a layer, a batch or a mask is wrong; there is no batch; a value is not finite.
    MemoryError
        The sums of a layer that you named, or of every layer, do not fit; or all together do not
        fit and the data can be read only once.
    ModelError
        A model raised an error. The message names the layer and the batch.

    Notes
    -----
    Layers whose outputs are mostly zero, as the latents of sparse autoencoders, are summed without
    their zeros, by the rule of `ActivationPair.update`. This does not apply to `all_pairs` or to a
    GPU.

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

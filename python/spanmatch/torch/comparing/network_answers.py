"""From the sums of the layers of many networks to their results and the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spanmatch.base.errors import UndersampledWarning, warn_user
from spanmatch.base.progress import show_progress
from spanmatch.comparison.keys import Key
from spanmatch.comparison.many.many_comparison import ManyComparison
from spanmatch.comparison.many.network_sums import PairsOfNetworks
from spanmatch.pair.nulls_and_folds import check_inputs
from spanmatch.torch.comparing.answers import (
    answer_pair,
    assemble_comparison,
    describe_undersampled,
)
from spanmatch.torch.comparing.collect import can_draw_bars
from spanmatch.torch.comparing.collector import Collected
from spanmatch.torch.comparing.network_groups import NetworkGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.many.network_sums import NetworkSums
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.torch.comparing.network_groups import NetworkPair, SummedLayer
    from spanmatch.torch.comparing.options import CompareOptions
    from spanmatch.torch.comparing.summed_networks import SummedNetworks


@dataclass(frozen=True)
class NetworkAnswers:
    """The results of pairs of networks, by layer."""

    told: dict[NetworkPair, dict[Key, LayerAnswer]]
    notes: dict[NetworkPair, dict[Key, str]]
    """Notes on how the rows of pairs of networks were summed."""


def answer_networks(
    layers: Mapping[Key, SummedLayer],
    groups: Sequence[NetworkGroup],
    options: CompareOptions,
    *,
    progress: bool,
) -> NetworkAnswers:
    """Return the results of every pair of networks at every layer that has sums of both."""
    pairs = [pair for group in groups for pair in group.list_pairs()]
    answers = NetworkAnswers({pair: {} for pair in pairs}, {pair: {} for pair in pairs})
    with show_progress("Matching layers", progress) as report:
        for done, (key, layer) in enumerate(layers.items()):
            for at, (a, b) in enumerate(pairs, start=1):
                if layer.sums.has_pair(a, b):
                    answers.told[a, b][key] = answer_pair(
                        layer.sums.pair(a, b),
                        center=options.center,
                        ridge=options.ridge,
                        calibrate=options.calibrate,
                    )
                if (a, b) in layer.notes:
                    answers.notes[a, b][key] = layer.notes[a, b]
                if report is not None:
                    report(done * len(pairs) + at, len(layers) * len(pairs))
    return answers


def compare_two(
    summed: SummedNetworks, a: str, b: str, options: CompareOptions, *, progress: bool
) -> Comparison:
    """Return what `compare` makes of two networks, from the sums of many.

    Raises
    ------
    ValueError
        There is no layer that can be compared; there are too few inputs for the folds.
    """
    check_inputs(summed.inputs, options.folds)
    answers = answer_networks(
        summed.layers, [NetworkGroup((a, b))], options, progress=progress and can_draw_bars()
    )
    left_out = summed.explain_left_out(a, b)
    if not answers.told[a, b]:
        reasons = (f"{layer!r}: {reason}" for layer, reason in left_out.items())
        raise ValueError(f"no layer of {a} and {b} can be compared: {', '.join(reasons)}")
    sums = LayerSums(summed.layers)
    return _assemble_two(
        answers, sums, (a, b), inputs=summed.inputs, left_out=left_out, options=options
    )


def assemble_many(
    answers: NetworkAnswers,
    sums: Mapping[Key, NetworkSums],
    *,
    inputs: int,
    left_out: Mapping[str, str],
    absent: Mapping[str, Mapping[str, str]],
    options: CompareOptions,
    networks: Sequence[str],
    reference: str | None,
    identical: Sequence[Sequence[str]] = (),
) -> ManyComparison:
    """Return the comparison of all networks.

    Parameters
    ----------
    answers
        The results of every two networks.
    sums
        The sums of each layer.
    inputs
        The number of inputs.
    left_out
        The layers at which no two networks could be compared, with the reasons.
    absent
        For each layer, why it could not be read in some networks.
    options, networks, reference, identical
        As `compare_many` and `ManyComparison` take them.
    """
    comparisons = {
        (a, b): _assemble_two(
            answers,
            sums,
            (a, b),
            inputs=inputs,
            left_out={**left_out, **_list_absent(absent, a, b, left_out)},
            options=options,
        )
        for (a, b), told in answers.told.items()
        if told
    }
    return ManyComparison(networks, comparisons, sums, reference=reference, identical=identical)


class LayerSums(Mapping[Key, "NetworkSums"]):
    """The sums of every layer, each read when it is asked for."""

    def __init__(self, layers: Mapping[Key, SummedLayer]) -> None:
        self._layers = layers

    def __getitem__(self, key: Key) -> NetworkSums:
        return self._layers[key].sums

    def __iter__(self) -> Iterator[Key]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)


def warn_of_too_few(many: ManyComparison) -> None:
    """Warn if pairs of networks have too few samples at some layers."""
    spectra: dict[Key, MatchSpectrum] = {
        f"{key} of {a} and {b}": spectrum
        for (a, b), comparison in many.comparisons.items()
        for key, spectrum in comparison.items()
    }
    if complaint := describe_undersampled(spectra):
        warn_user(complaint, UndersampledWarning)


def _assemble_two(
    answers: NetworkAnswers,
    sums: Mapping[Key, NetworkSums],
    pair: NetworkPair,
    *,
    inputs: int,
    left_out: Mapping[str, str],
    options: CompareOptions,
) -> Comparison:
    """Return the comparison of two networks."""
    told = answers.told[pair]
    pairs = PairsOfNetworks(sums, *pair, tuple(told))
    collected = Collected(pairs, answers.notes[pair], inputs, left_out)
    return assemble_comparison(told, collected, options)


def _list_absent(
    absent: Mapping[str, Mapping[str, str]], a: str, b: str, left_out: Mapping[str, str]
) -> dict[str, str]:
    """Return why two networks lack layers that other pairs of networks have."""
    return {
        key: "; ".join(f"in {name}: {reasons[name]}" for name in (a, b) if name in reasons)
        for key, reasons in absent.items()
        if key not in left_out and (a in reasons or b in reasons)
    }

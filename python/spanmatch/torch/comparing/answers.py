"""From the pairs of the layers of two models to their results and the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.progress import show_progress
from spanmatch.comparison.answered import make_comparison
from spanmatch.comparison.keys import label
from spanmatch.solve.choose_ridge import explain_edge, silence_ridge_warnings
from spanmatch.solve.layer_answer import answer_layer
from spanmatch.solve.means import explain_means
from spanmatch.solve.undersampled import explain_too_few, silence_undersampled_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.base.arguments import Ridge
    from spanmatch.comparison.comparison import Comparison
    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.torch.comparing.collector import Collected
    from spanmatch.torch.comparing.options import CompareOptions


def answer_pairs(
    pairs: Mapping[Key, ActivationPair],
    *,
    center: bool,
    ridge: Ridge,
    calibrate: bool = False,
    progress: bool,
) -> dict[Key, LayerAnswer]:
    """Return the results of every pair; `describe_undersampled` names those with few samples."""
    answers: dict[Key, LayerAnswer] = {}
    with show_progress("Matching layers", progress) as report:
        for done, key in enumerate(pairs, start=1):
            answers[key] = answer_pair(pairs[key], center=center, ridge=ridge, calibrate=calibrate)
            if report is not None:
                report(done, len(pairs))
    return answers


def answer_pair(
    pair: ActivationPair, *, center: bool, ridge: Ridge, calibrate: bool = False
) -> LayerAnswer:
    """Return the results of one pair, without warnings of few samples or of a λ at an edge.

    The table shows both.
    """
    with silence_undersampled_warnings(), silence_ridge_warnings():
        return answer_layer(pair, center=center, ridge=ridge, calibrate=calibrate)


def assemble_comparison(
    answers: Mapping[Key, LayerAnswer],
    collected: Collected[ActivationPair],
    options: CompareOptions,
) -> Comparison:
    """Return the comparison of what was collected and answered.

    Its notes say how rows were summed, for which layers most of a match is owed to means, and for
    which the chosen ridge is the smallest or largest value that was tried.
    """
    center, is_chosen = options.center, options.ridge == "auto"
    notes = dict(collected.notes)
    chosen = {key: explain_edge(each.spectrum.ridge) for key, each in answers.items() if is_chosen}
    for key, each in answers.items():
        of_means = explain_means(collected.pairs[key], each.spectrum, center=center)
        said = filter(None, (notes.get(key), of_means, chosen.get(key)))
        if text := "; ".join(said):
            notes[key] = text
    return make_comparison(
        answers,
        collected.pairs,
        center=center,
        notes=notes,
        inputs=collected.inputs or None,
        left_out=collected.left_out,
    )


def describe_undersampled(spectra: Mapping[Key, MatchSpectrum]) -> str:
    """Return a sentence on the spectra of too few samples; "" if there are none."""
    complaints = [
        (key, complaint)
        for key, each in spectra.items()
        for complaint in explain_too_few(each.n_samples, max(each.x.size, each.y.size), each.ridge)
    ]
    if not complaints:
        return ""
    key, complaint = complaints[0]
    return f"{len(complaints)} of {len(spectra)} comparisons, as {label(key)}: {complaint}"

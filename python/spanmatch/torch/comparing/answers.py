"""What the pairs of two models' layers tell, and the comparison that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.progress import show_progress
from spanmatch.comparison.comparison import Comparison
from spanmatch.comparison.keys import label
from spanmatch.solve.layer_answer import answer_layer
from spanmatch.solve.means import explain_means
from spanmatch.solve.undersampled import explain_too_few, silence_undersampled_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spanmatch.comparison.keys import Key
    from spanmatch.pair.pair import ActivationPair
    from spanmatch.results.layer_answer import LayerAnswer
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.torch.comparing.collector import Collected


def answer_pairs(
    pairs: Mapping[Key, ActivationPair], *, center: bool, progress: bool
) -> dict[Key, LayerAnswer]:
    """Return what every pair tells; `describe_undersampled` says which have too few samples."""
    answers: dict[Key, LayerAnswer] = {}
    with show_progress("Matching layers", progress) as report:
        for done, key in enumerate(pairs, start=1):
            answers[key] = answer_pair(pairs[key], center=center)
            if report is not None:
                report(done, len(pairs))
    return answers


def answer_pair(pair: ActivationPair, *, center: bool) -> LayerAnswer:
    """Return what one pair tells, without a warning where it has too few samples."""
    with silence_undersampled_warnings():
        return answer_layer(pair, center=center)


def assemble_comparison(
    answers: Mapping[Key, LayerAnswer], collected: Collected, *, center: bool
) -> Comparison:
    """Return the comparison of what was collected and answered.

    Its notes say of each layer what was collected, and where most of a match is owed to means.
    """
    notes = dict(collected.notes)
    for key, each in answers.items():
        of_means = explain_means(collected.pairs[key], each.spectrum, center=center)
        if of_means:
            notes[key] = "; ".join(filter(None, (notes.get(key), of_means)))
    return Comparison(
        {key: each.spectrum for key, each in answers.items()},
        collected.pairs,
        center=center,
        notes=notes,
        inputs=collected.inputs or None,
        nulls={key: each.nulls for key, each in answers.items() if each.nulls is not None},
        intervals={
            key: each.interval for key, each in answers.items() if each.interval is not None
        },
        one_to_one={
            key: each.one_to_one for key, each in answers.items() if each.one_to_one is not None
        },
        left_out=collected.left_out,
    )


def describe_undersampled(spectra: Mapping[Key, MatchSpectrum]) -> str:
    """Return a sentence on the spectra of too few samples; "" where there are none."""
    complaints = [
        (key, complaint)
        for key, each in spectra.items()
        for complaint in explain_too_few(each.n_samples, max(each.x.size, each.y.size))
    ]
    if not complaints:
        return ""
    key, complaint = complaints[0]
    return f"{len(complaints)} of {len(spectra)} comparisons, as {label(key)}: {complaint}"

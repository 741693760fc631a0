"""The warnings of a page: too few samples, and notes on how rows were summed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.base.words import count_of, list_names
from spanmatch.solve.undersampled import explain_too_few

if TYPE_CHECKING:
    from spanmatch.comparison.many.compared_networks import ComparedNetworks
    from spanmatch.comparison.many.many_layer import ManyLayer

NAMED = 6  # At most this number of layers is named with a warning or a note.


def list_warnings(many: ComparedNetworks) -> list[str]:
    """Return a sentence for each reason to read the figures with care."""
    found = [said for layer in many.values() for said in _tell_too_few(layer)]
    inputs = many.inputs
    of_counts = [
        layer.name
        for layer in many.values()
        if inputs is not None
        and any(
            each.nulls is None and each.spectrum.n_samples > inputs
            for each in layer.answers.values()
        )
    ]
    if of_counts:
        found.append(
            "Samples of one input, such as positions of an image, depend on each other, so the "
            "true chance level lies lower than the one computed from counts: unrelated neurons may "
            f"match at a smaller ε. This applies to {list_names(of_counts, NAMED)}."
        )
    return found


def list_notes(many: ComparedNetworks) -> list[str]:
    """Return each note on how rows were summed, with its layers and networks."""
    held: dict[str, list[str]] = {}
    for pair, comparison in many.comparisons.items():
        for key, note in comparison.notes.items():
            held.setdefault(note, []).append(f"{key} of {' and '.join(pair)}")
    return [f"{note}: {list_names(where, NAMED)}" for note, where in held.items()]


def _tell_too_few(layer: ManyLayer) -> list[str]:
    """Warn of the pair with the fewest samples for its neurons."""
    spectra = [each.spectrum for each in layer.answers.values()]
    found = [
        (each.n_samples / max(each.x.size, each.y.size, 1), said)
        for each in spectra
        for said in explain_too_few(each.n_samples, max(each.x.size, each.y.size), each.ridge)
    ]
    if not found:
        return []
    where = f"{len(found)} of {count_of(len(spectra), 'pair')}"
    return [f"{layer.name}, {where}: {min(found)[1]}."]

"""Answer a pair: its spectrum, what it shares one by one, and what its nulls and folds tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spanmatch.pair.pair import read_gram
from spanmatch.results.layer_answer import LayerAnswer
from spanmatch.solve.intervals import bound_by_folds
from spanmatch.solve.matches import spectrum
from spanmatch.solve.nulls import solve_nulls
from spanmatch.solve.one_to_one import one_to_one

if TYPE_CHECKING:
    from spanmatch.pair.pair import ActivationPair


def answer_layer(x: ActivationPair, *, center: bool, progress: bool = False) -> LayerAnswer:
    """Return the spectrum of a pair, its pairs of neurons, and what its nulls and folds tell."""
    found = spectrum(x, center=center, progress=progress)
    gram = read_gram(x, None)
    return LayerAnswer(
        found,
        solve_nulls(gram, center=center, progress=progress) if gram.n_nulls else None,
        bound_by_folds(gram, center=center, progress=progress) if gram.fold_samples else None,
        one_to_one(x, center=center, progress=progress),
    )

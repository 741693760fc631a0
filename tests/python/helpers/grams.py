"""The Grams that a pair keeps, read out of its sums: its own, those of nulls and of folds."""

from __future__ import annotations

import numpy as np

import spanmatch as sm
from spanmatch.pair.pair import wrap_gram


def gram_of(pair: sm.ActivationPair) -> np.ndarray:
    """The joint Gram of the samples as they are, from the sums of shifted rows."""
    *_, n_samples, shift, sums, _, products = pair._gram.to_host().parts()
    mixed = np.outer(shift, sums)
    return np.asarray(products + mixed + mixed.T + n_samples * np.outer(shift, shift))


def null(pair: sm.ActivationPair, index: int) -> sm.ActivationPair:
    return wrap_gram(pair._gram.to_host().null(index))


def of_folds(pair: sm.ActivationPair, *times: int) -> sm.ActivationPair:
    return wrap_gram(pair._gram.to_host().of_folds(list(times), False))


def grams(pair: sm.ActivationPair) -> list[np.ndarray]:
    """Of the samples as they are: the pair's own, that of each null, that of each fold."""
    folds = np.eye(pair.n_folds, dtype=int).tolist()
    nulls = [null(pair, index) for index in range(pair.n_nulls)]
    return [gram_of(each) for each in (pair, *nulls, *(of_folds(pair, *fold) for fold in folds))]


def dealt(folds: int, items: int, seed: int = 0) -> np.ndarray:
    """The fold of each item: what it sums of items that are all in directions of their own."""
    pair = sm.ActivationPair(folds=folds, seed=seed)
    pair.update(np.eye(items), np.ones((items, 1)))
    sums = [np.diagonal(gram)[:items] for gram in grams(pair)[1:]]
    assert np.allclose(np.sum(sums, axis=0), 1.0)
    found: np.ndarray = np.argmax(sums, axis=0)
    return found

"""A small thing of every kind that is saved, and what must hold of whatever is loaded."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

import spanmatch as sm
from many_networks import make_many
from problems import planted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LEVELS = np.linspace(0.0, 0.99, 7)


def save_all(folder: Path) -> dict[str, Path]:
    """Write a file of every kind, and return them by kind."""
    things = _make_things()
    paths = {kind: folder / f"{kind}.safetensors" for kind in things}
    for kind, thing in things.items():
        sm.save(thing, paths[kind])
    return paths


def _make_things() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    x, y = planted(rng, 7, 5, 80)
    x[:, 4] = 0.0
    pair = sm.ActivationPair(nulls=20, folds=4, x_names=[f"ν{at}" for at in range(7)])
    acts = sm.ActivationSet(["a", "b", "c"], nulls=2, folds=2)
    for rows in (slice(0, 50), slice(50, 80)):
        pair.update(x[rows], y[rows])
        acts.update({"a": x[rows], "b": y[rows], "c": y[rows, :2]})
    match = sm.maximum_match(pair, eps=0.8)
    return {
        "pair": pair,
        "set": acts,
        "spectrum": sm.spectrum(pair),
        "match": match,
        "matches": sm.simple_matches(pair, eps=0.8),
        "residuals": sm.residuals(pair),
        "support": sm.support(pair, eps=0.8),
        "map": sm.linear_map(pair, match=match),
        "one_to_one": sm.one_to_one(pair),
        "measures": sm.measures(x, y),
        "nulls": sm.null_spectra(pair),
        "interval": sm.interval(pair),
        "calibration": sm.calibrate(pair),
        "answer": make_many(2, nulls=19, folds=3).comparison("net 0", "net 1").solved("fc"),
    }


def assert_sound(thing: Any) -> None:
    """What is loaded is what it says it is: its fields agree, and it answers within its range."""
    if isinstance(thing, list):
        for each in thing:
            assert_sound(each)
        return
    assert len(repr(thing)) < 100_000
    for kind, check in CHECKS.items():
        if isinstance(thing, kind):
            check(thing)
            return
    raise AssertionError(f"{type(thing)} has no checks")


def _of_gram(thing: Any) -> None:
    gram = thing._gram.to_host()
    assert 0 <= thing.n_samples <= 2**53
    widths = gram.widths
    _, _, _, shift, sums, spread, products = gram.parts()
    assert products.shape == (sum(widths), sum(widths))
    assert all(np.isfinite(each).all() for each in (shift, sums, spread, products))
    if isinstance(thing, sm.ActivationPair):
        assert thing.x_names is None or len(thing.x_names) == thing.n_x
        if thing.n_samples > 0:
            try:
                _of_spectrum(sm.spectrum(thing))
            except ValueError:  # sums of a few samples may be far from any activations'
                return


def _of_spectrum(thing: sm.MatchSpectrum) -> None:
    for critical, chance in zip((thing.x, thing.y), thing.chance, strict=True):
        assert (((critical >= 0) & (critical <= 1)) | (critical == np.inf)).all()
        assert ((chance >= 0) & (chance <= 1) | np.isnan(chance)).all()
        assert (np.isinf(critical) == np.isnan(chance)).all()
    assert 0 < thing.n_samples < 2**63
    assert 0 < thing.resolution < 1
    curve = thing.similarity(LEVELS)
    assert ((curve >= 0) & (curve <= 1)).all()
    assert (np.diff(curve) >= 0).all()
    assert 0 <= thing.corrected_area <= thing.area <= 1
    _of_match(thing.match(0.5))


def _of_match(thing: sm.Match) -> None:
    assert 0 <= thing.eps < 1
    for columns, count in ((thing.x, thing.n_x), (thing.y, thing.n_y)):
        assert len(set(columns.tolist())) == columns.size <= count
        assert all(0 <= column < count for column in columns.tolist())
    assert 0 <= thing.similarity <= 1


def _of_residuals(thing: sm.Residuals) -> None:
    for side in (thing.x, thing.y):
        assert side.ndim == 1
        assert (side[~np.isnan(side)] >= 0).all()


def _of_support(thing: sm.Support) -> None:
    assert 0 <= thing.eps < 1
    assert thing.matrix.shape == (len(thing.neurons),) * 2
    assert thing.matrix.diagonal().all()
    for neuron in thing.neurons:
        assert neuron in thing.core(neuron)
    assert sum(map(len, thing.groups)) == len(thing.neurons)


def _of_map(thing: sm.LinearMap) -> None:
    assert thing.x.shape == thing.y.shape[::-1] == (thing.y_offset.size, thing.x_offset.size)
    for each in (thing.x, thing.y, thing.x_offset, thing.y_offset):
        assert np.isfinite(each).all()


def _of_one_to_one(thing: sm.OneToOne) -> None:
    for eps in LEVELS:
        pairs = thing.pairs(float(eps))
        assert all(len(set(side.tolist())) == len(pairs) for side in pairs.T)
        assert thing.match(float(eps)).x.tolist() == pairs[:, 0].tolist()
        assert thing.match(float(eps)).y.tolist() == sorted(pairs[:, 1].tolist())
    assert (thing.similarity(LEVELS) <= 1).all()
    for (index, residual), others in ((thing.nearest_x, thing.y), (thing.nearest_y, thing.x)):
        assert all(-1 <= each < others.size for each in index.tolist())
        assert ((residual >= 0) & ((residual <= 1) | np.isinf(residual))).all()


def _of_measures(thing: sm.Measures) -> None:
    for name in ("linear_cka", "mean_cca", "r2_x", "r2_y", "procrustes_similarity"):
        value = getattr(thing, name)
        assert math.isnan(value) or -1e-6 <= value <= 1 + 1e-6
    assert not any(map(math.isinf, thing.also.values()))


def _of_nulls(thing: sm.NullSpectra) -> None:
    assert len(thing) >= 1
    for each in thing:
        _of_spectrum(each)
    assert 0 < thing.least_p <= 1


def _of_interval(thing: sm.Interval) -> None:
    for low, high in (thing.area, thing.similarity, thing.x, thing.y):
        assert (np.asarray(low) >= 0).all()
        assert (np.asarray(low) <= np.asarray(high)).all()
    assert (thing.similarity <= 1).all()
    assert 0 < thing.level < 1


def _of_calibration(thing: sm.Calibration) -> None:
    for each in thing.values():
        assert math.isnan(each.p_value) or 0 < each.p_value <= 1
        assert math.isnan(each.score) or 0 <= each.score <= 1 + 1e-6


def _of_answer(thing: Any) -> None:
    parts = [each for _, each in thing._list_fields() if each is not None]
    for each in parts:
        assert_sound(each)
    if thing.nulls is not None:
        assert 0 < thing.nulls.p_value(thing.spectrum) <= 1
    assert thing.to_dict()


CHECKS: dict[type, Callable[[Any], None]] = {
    sm.ActivationPair: _of_gram,
    sm.ActivationSet: _of_gram,
    sm.MatchSpectrum: _of_spectrum,
    sm.Match: _of_match,
    sm.Residuals: _of_residuals,
    sm.Support: _of_support,
    sm.LinearMap: _of_map,
    sm.OneToOne: _of_one_to_one,
    sm.Measures: _of_measures,
    sm.NullSpectra: _of_nulls,
    sm.Interval: _of_interval,
    sm.Calibration: _of_calibration,
    sm.LayerAnswer: _of_answer,
}

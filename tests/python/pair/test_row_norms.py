"""Sums by the squared norms of rows: the same on devices, in files and elsewhere, or missed."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

import spanmatch as sm
from norms_oracle import find_debiased_cka, find_norm_products
from spanmatch.pair.device import tensors
from spanmatch.pair.pair import wrap_gram

if TYPE_CHECKING:
    from problems import Floats

DATA = Path(__file__).parents[1] / "data"
RNG = np.random.default_rng(0)
X = RNG.standard_normal((400, 6)) * np.linspace(1, 3, 400)[:, None] + 2.0
Y = np.hstack([X[:, :3] @ RNG.standard_normal((3, 3)), RNG.standard_normal((400, 2))]) - 1.0
BATCHES = ((0, 150), (150, 160), (160, 400))


def kept(move: Any = np.asarray, **options: Any) -> sm.ActivationPair:
    pair = sm.ActivationPair(**({"nulls": 3, "folds": 4, "seed": 2} | options))
    for first, last in BATCHES:
        pair.update(move(X[first:last]), move(Y[first:last]), rows_per_item=2)
    return pair


def norms(pair: sm.ActivationPair) -> tuple[Floats, Floats, Floats]:
    found = pair._gram.to_host().norms()
    assert found is not None
    return found


def lean(path: Path) -> sm.ActivationPair:
    """The same pair, as a file of an older version has it."""
    kept().save(path)
    found = {name: part for name, part in load_file(path).items() if "norms" not in name}
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata() | {"format": "1"}
    save_file(found, path, metadata)
    return sm.ActivationPair.load(path)


def test_they_are_what_they_say() -> None:
    pair = kept()
    gram = pair._gram.to_host()
    _, _, _, shift, *_ = gram.parts()
    own, nulls, folds = norms(pair)
    np.testing.assert_allclose(own, find_norm_products(X - shift[:6], Y - shift[6:]), rtol=1e-12)
    assert (own.shape, nulls.shape, folds.shape) == ((13, 2), (3, 12), (4, 13, 2))
    np.testing.assert_allclose(folds.sum(axis=0), own, rtol=1e-12)
    plans = [
        gram.plan(last - first, 2, batch, first // 2) for batch, (first, last) in enumerate(BATCHES)
    ]
    rolled = [
        np.vstack(
            [
                np.roll(Y[first:last], -plan[0][null], axis=0)
                for (first, last), plan in zip(BATCHES, plans, strict=True)
            ]
        )
        for null in range(3)
    ]
    for y, found in zip(rolled, nulls, strict=True):
        wanted = find_norm_products(X - shift[:6], y - shift[6:])
        np.testing.assert_allclose(found, [*wanted[:6, 1], *wanted[6:11, 0], wanted[11, 1]])
    for null, y in enumerate(rolled):
        expected = find_debiased_cka(X, y)
        assert sm.measures(wrap_gram(gram.null(null))).debiased_cka == pytest.approx(expected)


@pytest.mark.parametrize("mixed", [False, True])
def test_a_device_has_what_the_host_has(mixed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "HOST", "nowhere")
    on_host = iter([False] * 2 + [mixed] * 2 + [False] * 2)
    found = kept(lambda array: array if next(on_host) else torch.as_tensor(array))
    assert bool(found._gram._sums[1])
    for mine, wanted in zip(norms(found), norms(kept()), strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("options", [{}, {"nulls": 0}, {"folds": 0}, {"nulls": 0, "folds": 0}])
def test_a_file_keeps_them(options: dict[str, Any], tmp_path: Path) -> None:
    pair = kept(**options)
    pair.save(tmp_path / "pair")
    with safe_open(tmp_path / "pair", framework="numpy") as file:
        assert file.metadata()["format"] == "2"
    for again in (
        sm.load(tmp_path / "pair"),
        pickle.loads(pickle.dumps(pair)),
        pair + kept(**options),
    ):
        assert isinstance(again, sm.ActivationPair)
        times = again.n_samples // 400
        for mine, wanted in zip(norms(again), norms(pair), strict=True):
            np.testing.assert_allclose(mine / times, wanted, rtol=1e-15)
    own, nulls, folds = norms(pair.without_replicates())
    np.testing.assert_array_equal(own, norms(pair)[0])
    assert (len(nulls), len(folds)) == (0, 0)


def test_a_pair_without_them_says_so(tmp_path: Path) -> None:
    old = lean(tmp_path / "old")
    for pair in (
        old,
        old + kept(),
        kept() + old,
        pickle.loads(pickle.dumps(old)),
        old.without_replicates(),
    ):
        assert pair._gram.to_host().norms() is None
        found = sm.measures(pair)
        assert np.isnan(found.debiased_cka)
        assert "older version" in found.debiased_cka_note
        assert not np.isnan(found.linear_cka)
        with pytest.raises(ValueError, match="sum the samples again"):
            sm.debiased_linear_cka(pair)
    old.save(tmp_path / "again")
    with safe_open(tmp_path / "again", framework="numpy") as file:
        assert file.metadata()["format"] == "1"
    calibrated = sm.calibrate(old, level=0.25)
    assert np.isnan(calibrated["debiased_cka"].p_value)
    assert calibrated["linear_cka"].p_value <= 1


def test_files_of_the_first_version_lack_them() -> None:
    pair = sm.ActivationPair.load(DATA / "v0.1.0" / "pair-with-nulls.safetensors")
    assert pair._gram.to_host().norms() is None
    assert np.isnan(sm.measures(pair).debiased_cka)


@pytest.mark.parametrize("name", ["norms", "nulls.norms", "folds.norms"])
def test_a_damaged_file_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "pair"
    kept().save(path)
    with safe_open(path, framework="numpy") as file:
        metadata = file.metadata()
    for spoil in (lambda part: part[:-1], lambda part: part * 1e4, lambda part: None):
        found = load_file(path)
        spoilt = spoil(found[name])
        if spoilt is None:
            del found[name]
        else:
            found[name] = np.ascontiguousarray(spoilt)
        save_file(found, tmp_path / "spoilt", metadata)
        if spoilt is None and name == "norms":
            continue  # as an older version writes
        with pytest.raises(sm.FileError):
            sm.load(tmp_path / "spoilt")
    assert json.loads(metadata["n_x"]) == 6

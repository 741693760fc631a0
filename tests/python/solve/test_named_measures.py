"""Measures that are made where they are named, and kept beside the others."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from problems import problem

if TYPE_CHECKING:
    from pathlib import Path

CHEAP = ("shape_distance", "gulp_distance", "ridge_cca")


def test_they_are_those_of_the_functions() -> None:
    x, y = problem("relu")
    result = sm.measures(x, y, also=(*CHEAP, "ridge_cca"))
    assert tuple(result.also) == CHEAP
    assert result.also == {name: getattr(sm, name)(x, y) for name in CHEAP}
    assert sm.measures(x, y) == sm.Measures(**{**result.to_dict(), "also": {}})
    assert dict(sm.measures(x, y).also) == {}


def test_soft_matching_by_name() -> None:
    pytest.importorskip("ot")
    x, y = problem("relu")
    assert sm.measures(x, y, also=["soft_matching"]).also == {
        "soft_matching": sm.soft_matching(x, y)
    }


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_wide_sides_have_them_too() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 20, 50))
    plain, more = sm.measures(x, y), sm.measures(x, y, also=CHEAP)
    assert more.also == {name: getattr(sm, name)(x, y) for name in CHEAP}
    assert more.linear_cka == pytest.approx(plain.linear_cka, abs=1e-12)


def test_a_side_without_variance_has_none() -> None:
    x, y = problem("all_dead")
    assert all(math.isnan(value) for value in sm.measures(x, y, also=CHEAP).also.values())
    for name in CHEAP:
        assert math.isnan(getattr(sm, name)(x, y))
    assert sm.measures(x, y, also=CHEAP) == sm.measures(y, x, also=CHEAP)


def test_names_are_checked_before_any_work() -> None:
    known = "gulp_distance, ridge_cca, shape_distance, soft_matching"
    with pytest.raises(ValueError, match=f"must be one of {known}, got 'gulp'"):
        sm.measures(None, None, also=("ridge_cca", "gulp"))  # type: ignore[arg-type]
    wrong: Any
    for wrong, words in (
        ("ridge_cca", r"pass \('ridge_cca',\)"),
        ([1], "a name in `also` must be a text, got int"),
        (None, "`also` must be names"),
        (True, "`also` must be names"),
    ):
        with pytest.raises(TypeError, match=words):
            sm.measures(*problem("planted"), also=wrong)


@pytest.mark.parametrize("name", ["relu", "all_dead"])
def test_they_are_kept(name: str, tmp_path: Path) -> None:
    result = sm.measures(*problem(name), also=CHEAP)
    path = tmp_path / "measures.safetensors"
    result.save(path)
    loaded = sm.load(path)
    assert isinstance(loaded, sm.Measures)
    for twin in (loaded, pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
        assert twin == result
        assert sorted(twin.also) == sorted(CHEAP)
    assert sm.Measures(**json.loads(json.dumps(result.to_dict()))) == result
    with pytest.raises(TypeError):
        result.also["ridge_cca"] = 1.0  # type: ignore[index]
    assert result != sm.measures(*problem(name), also=CHEAP[:2])


def test_files_without_them_have_none(tmp_path: Path) -> None:
    path = tmp_path / "measures.safetensors"
    sm.Measures(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8).save(path)
    loaded = sm.Measures.load(path)
    assert dict(loaded.also) == {}
    assert math.isnan(loaded.effective_rank_x)

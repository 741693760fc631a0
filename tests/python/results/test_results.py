"""Results hold the types they promise, in order, and say what they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, get_origin, get_type_hints

import numpy as np
from typing_extensions import TypeAliasType

import spanmatch as sm
from problems import problem
from spanmatch.results import result_file

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

X, Y = problem("dead")


def test_types_and_order() -> None:
    spectrum, match = sm.spectrum(X, Y), sm.maximum_match(X, Y, eps=0.6)
    assert spectrum.x.dtype == spectrum.y.dtype == np.float64
    assert spectrum.x.shape == (X.shape[1],)
    assert spectrum.y.shape == (Y.shape[1],)
    assert match.x.dtype == match.y.dtype == np.int64
    assert len(match) > 2
    assert (np.diff(match.x) > 0).all()
    assert (np.diff(match.y) > 0).all()
    assert isinstance(spectrum.similarity(0.3), float)
    assert isinstance(spectrum.area, float)
    assert isinstance(spectrum.eps_for(0.2), float)
    assert spectrum.similarity([[0.1, 0.9]]).shape == (1, 2)
    assert isinstance(sm.is_match(X, Y, eps=0.3, x_index=[], y_index=[]), bool)


def test_a_repr_gives_the_figures() -> None:
    spectrum = sm.spectrum(X, Y)
    assert "24 + 20 neurons" in repr(spectrum)
    assert "300 samples" in repr(spectrum)
    assert "3 + 2 dead" in repr(spectrum)
    assert f"{spectrum.match(0.5).similarity:.2f}" in repr(spectrum.match(0.5))


def test_a_raised_resolution_is_in_the_repr() -> None:
    spectrum = sm.spectrum(X, Y)
    assert "resolution" not in repr(spectrum)
    assert spectrum.match(0.5).resolution == spectrum.resolution == 1e-6
    nulls = sm.null_spectra(X, Y, nulls=2)
    none = np.array([], np.int64)
    support = sm.Support(0.1, none, none, np.zeros((0, 0), bool), n_x=3, n_y=5)
    linear_map = sm.linear_map(X, Y, match=spectrum.match(0.5))
    match, residuals = sm.Match(0.1, none, none, n_x=3, n_y=5), sm.residuals(X, Y)
    for result in (spectrum, match, residuals, support, linear_map):
        assert repr(replace(result, resolution=1e-5)).endswith(", resolution=1e-05)")
        assert "resolution" not in repr(result)
    assert repr(replace(nulls, resolution=np.array([1e-6, 1e-4]))).endswith(", resolution=0.0001)")


def test_results_of_earlier_files_have_no_resolution(tmp_path: Path) -> None:
    path = tmp_path / "match.safetensors"
    match = sm.spectrum(X, Y).match(0.5)
    fields = {name: value for name, value in match._list_fields() if name != "resolution"}
    result_file.write(path, "Match", fields.items())
    loaded = sm.load(path)
    assert isinstance(loaded, sm.Match)
    assert np.isnan(loaded.resolution)
    assert loaded == replace(match, resolution=np.nan)


def test_files_are_read_where_the_types_of_arrays_are_aliases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """numpy 2.5 has such aliases, with Python 3.12 and newer."""
    scalar = TypeVar("scalar")
    alias = TypeAliasType("alias", np.ndarray[Any, np.dtype[scalar]], type_params=(scalar,))

    def use_alias(cls: type) -> dict[str, Any]:
        hints = get_type_hints(cls).items()
        return {
            name: alias[np.float64] if get_origin(hint) is np.ndarray else hint
            for name, hint in hints
        }

    spectrum = sm.spectrum(X, Y)
    spectrum.save(tmp_path / "spectrum.safetensors")
    monkeypatch.setattr(result_file, "get_type_hints", use_alias)
    assert sm.load(tmp_path / "spectrum.safetensors") == spectrum


def test_the_resolution_is_no_part_of_what_a_match_is() -> None:
    spectrum = sm.spectrum(X, Y)
    assert replace(spectrum.match(0.5), resolution=1e-4) == spectrum.match(0.5)
    assert replace(spectrum, resolution=1e-4) != spectrum


def test_an_answer_unpacks_to_what_it_holds() -> None:
    spectrum, nulls = sm.spectrum(X, Y), sm.null_spectra(X, Y, nulls=2)
    answer = sm.LayerAnswer(spectrum, nulls)
    assert tuple(answer) == (spectrum, nulls, None)


def test_an_answer_without_pairs_of_neurons_says_nothing_of_them(tmp_path: Path) -> None:
    spectrum, pairs = sm.spectrum(X, Y), sm.one_to_one(X, Y)
    # As files of before, which have no such field.
    result_file.write(tmp_path / "old.safetensors", "LayerAnswer", [("spectrum", spectrum)])
    old = sm.load(tmp_path / "old.safetensors")
    assert isinstance(old, sm.LayerAnswer)
    assert old.one_to_one is None
    assert list(old.to_dict()) == list(spectrum.to_dict())
    assert repr(old) == f"LayerAnswer({spectrum!r})"
    answer = sm.LayerAnswer(spectrum, one_to_one=pairs)
    assert answer != old
    assert answer.to_dict()["one_to_one"] == pairs.to_dict()
    assert repr(answer) == f"LayerAnswer({spectrum!r}, {pairs!r})"


def test_a_list_of_matches_keeps_the_ridge_of_each(tmp_path: Path) -> None:
    x, y = problem("planted", 0)
    matches = [sm.maximum_match(x, y, eps=0.5, ridge=ridge) for ridge in (None, 0.3)]
    sm.save(matches, tmp_path / "matches.safetensors")
    read = sm.load(tmp_path / "matches.safetensors")
    assert isinstance(read, list)
    assert [match.ridge for match in read] == [None, 0.3]

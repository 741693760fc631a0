"""A comparison: a mapping, arrays of figures, tables; immutable, comparable, picklable."""

from __future__ import annotations

import copy
import pickle
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from comparisons import LAYERS, LONG, PAIRS, Untouchable, comparison, same_pair
from spanmatch.comparison.comparison import Comparison

if TYPE_CHECKING:
    from spanmatch.comparison.keys import Key

PLAIN, ALL = comparison(inputs=12, notes={"features.3": "mean over positions"}), comparison(PAIRS)
each = pytest.mark.parametrize("compared", [PLAIN, ALL], ids=["plain", "all pairs"])


@each
def test_it_is_a_mapping_in_the_order_of_the_layers(compared: Comparison) -> None:
    keys: list[Key] = list(LAYERS if compared is PLAIN else PAIRS)
    assert list(compared) == list(compared.keys()) == list(compared.layers) == keys
    assert len(compared) == len(keys)
    assert [compared[key] for key in keys] == list(compared.values())
    assert list(compared.items()) == [(key, compared[key]) for key in keys]
    assert keys[1] in compared
    assert "features.1" not in compared
    assert compared.get("features.1") is None


def test_layers_of_both_models() -> None:
    assert PLAIN.layers_a == PLAIN.layers_b == LAYERS
    assert (ALL.layers_a, ALL.layers_b) == (("conv.1", "conv.2", "fc"), ("fc.1", "fc.2"))
    assert (PLAIN.all_pairs, ALL.all_pairs) == (False, True)
    assert ALL["conv.2", "fc.1"] is ALL[("conv.2", "fc.1")]


@pytest.mark.parametrize(
    ("compared", "key", "words"),
    [
        (PLAIN, "featrues.3", "no layer 'featrues.3': did you mean 'features.3'"),
        (PLAIN, "zzz", "no layer 'zzz': there are 'features.0', 'features.3', 'classifier'$"),
        (PLAIN, ("features.0", "features.3"), "asked for by its name"),
        (PLAIN, 3, "no layer 3"),
        (ALL, ("conv1", "fc.1"), "'conv1' of model A: did you mean 'conv.1' or 'conv.2'"),
        (ALL, ("fc", "fc.3"), "'fc.3' of model B: did you mean 'fc.[12]' or"),
        (ALL, "fc", "a layer of A and one of B"),
        (ALL, ("fc", 7), "no layer 7 of model B"),
        (comparison(PAIRS[:3]), ("conv.2", "fc.2"), "was not compared with layer 'fc.2' of B"),
        (comparison(LONG[:9]), "zzz", "dense' and 4 more"),
    ],
)
def test_an_unknown_layer_is_named_with_the_nearest(
    compared: Comparison, key: Any, words: str
) -> None:
    for ask in (compared.__getitem__, compared.pair):
        with pytest.raises(KeyError) as caught:
            ask(key)
        assert re.search(words, caught.value.args[0])


def test_arrays_are_in_the_order_of_the_layers() -> None:
    spectra = list(PLAIN.values())
    assert PLAIN.area.tolist() == [spectrum.area for spectrum in spectra]
    assert PLAIN.chance.tolist() == [spectrum.chance_level for spectrum in spectra]
    assert PLAIN.similarity(0.4).tolist() == [spectrum.similarity(0.4) for spectrum in spectra]
    curves = PLAIN.similarity([0.1, 0.9])
    assert curves.shape == (3, 2)
    assert curves[1].tolist() == PLAIN["features.3"].similarity([0.1, 0.9]).tolist()
    with pytest.raises(ValueError, match="eps"):
        PLAIN.similarity(1.0)


def test_matrices_are_layers_of_a_by_layers_of_b() -> None:
    assert ALL.area.shape == ALL.chance.shape == (3, 2)
    assert ALL.area[2, 0] == ALL["fc", "fc.1"].area
    assert ALL.similarity([0.1, 0.5, 0.9]).shape == (3, 2, 3)
    assert ALL.similarity(0.5)[1, 1] == ALL["conv.2", "fc.2"].similarity(0.5)
    part = comparison([PAIRS[0], PAIRS[3]])
    assert np.isnan(part.area).tolist() == [[False, True], [True, False]]


def test_a_pair_is_a_copy() -> None:
    compared = comparison()
    before = compared.pair("features.0")
    compared.pair("features.0").update(np.ones((3, 6)), np.ones((3, 5)))
    assert same_pair(compared.pair("features.0"), before)
    assert sm.spectrum(before) == compared["features.0"]
    assert len(sm.maximum_match(before, eps=0.5)) > 0


@pytest.mark.parametrize("keys", [LAYERS, PAIRS, LONG], ids=["plain", "all pairs", "many"])
def test_pairs_are_left_alone(keys: Any) -> None:
    lazy = comparison(keys, lazy=True)
    assert lazy == comparison(keys)
    for show in (repr, len, list, copy.copy, copy.deepcopy):
        show(lazy)
    for call in (lazy._repr_html_, lazy.to_dict):
        call()
    assert lazy.area.size == len(keys)
    with pytest.raises(AssertionError, match="pairs were touched"):
        lazy.pair(keys[0])


@each
def test_pickles_and_copies_are_equal(compared: Comparison) -> None:
    twin = pickle.loads(pickle.dumps(compared))
    assert twin == compared
    assert (twin.inputs, twin.center, twin.notes) == (
        compared.inputs,
        compared.center,
        compared.notes,
    )
    for key in compared:
        assert same_pair(twin.pair(key), compared.pair(key))
    assert copy.copy(compared) == copy.deepcopy(compared) == compared


def test_what_it_says_makes_it_equal() -> None:
    assert comparison() == comparison()
    spectra = dict(comparison())
    for other in (
        comparison(LAYERS[::-1]),
        comparison(LAYERS[:2]),
        comparison(center=True),
        comparison(inputs=3),
        comparison(notes={"classifier": "pooled"}),
        Comparison({**spectra, "classifier": spectra["features.0"]}, {}),
        dict(comparison()),
    ):
        assert comparison() != other
    # The same spectra in another order are another comparison.
    assert Comparison(dict(reversed(spectra.items())), {}) != comparison()
    with pytest.raises(TypeError, match="unhashable"):
        hash(comparison())


@each
def test_nothing_can_be_changed(compared: Comparison) -> None:
    for name in ("center", "inputs", "notes", "layers", "something"):
        with pytest.raises(AttributeError):
            setattr(compared, name, None)
    with pytest.raises(TypeError):
        compared["features.0"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        compared.notes["features.0"] = ""  # type: ignore[index]
    given = dict(compared)
    twin = Comparison(given, {})
    given.clear()
    assert len(twin) == len(compared)


@pytest.mark.parametrize(
    ("keys", "arguments", "kind", "words"),
    [
        ([], {}, ValueError, "one layer at least"),
        (["a", ("a", "b")], {}, ValueError, "all names, or all tuples"),
        ([("a", "b", "c")], {}, TypeError, "a tuple of two names, got .*'c'"),
        ([("a",)], {}, TypeError, "a tuple of two names"),
        ([3], {}, TypeError, "a tuple of two names, got 3"),
        (["a"], {"notes": {"b": "pooled"}}, ValueError, "note on 'b'"),
        (["a"], {"center": 1}, TypeError, "`center` must be True or False"),
        (["a"], {"inputs": 2.0}, TypeError, "inputs must be a number of inputs, got float"),
        (["a"], {"inputs": True}, TypeError, "got bool"),
        (["a"], {"inputs": 0}, ValueError, "at least 1, got 0"),
    ],
)
def test_what_is_no_comparison_is_refused(
    keys: Any, arguments: Any, kind: type[Exception], words: str
) -> None:
    spectrum = PLAIN["features.0"]
    with pytest.raises(kind, match=words):
        Comparison(dict.fromkeys(keys, spectrum), Untouchable(), **arguments)

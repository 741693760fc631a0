"""The best layer among many: its p-value counts the choice, and width decides nothing."""

from __future__ import annotations

import json
import math
import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spanmatch as sm
from spanmatch.base.plain_json import format_json
from spanmatch.comparison.best_layers import BestLayer, find_best_layers
from spanmatch.comparison.comparison import Comparison

if TYPE_CHECKING:
    from spanmatch.comparison.keys import Key
    from spanmatch.results.result import Floats

K = 19


def compare_all(
    layers_a: list[Floats], layers_b: list[Floats], *, nulls: int = K, seed: int = 0
) -> Comparison:
    """Compare every layer with every other, under shared circular shifts."""
    pairs: dict[Key, sm.ActivationPair] = {}
    for a, x in enumerate(layers_a):
        for b, y in enumerate(layers_b):
            pair = sm.ActivationPair(nulls=nulls, seed=seed)
            pair.update(x, y)
            pairs[f"a{a}", f"b{b}"] = pair
    spectra = {key: sm.spectrum(pair) for key, pair in pairs.items()}
    found = {key: sm.null_spectra(pair) for key, pair in pairs.items()}
    return Comparison(spectra, pairs, nulls=found)


def made_up(values: Floats, nulls: Floats, rolls: list[int] | None = None) -> Comparison:
    """A comparison of made-up measures (a, b) and of their nulls (a, b, nulls)."""
    nobody = np.empty(0)
    spectrum = sm.MatchSpectrum(nobody, nobody, (nobody, nobody), 9, 1e-6, 0)
    count = nulls.shape[2]
    calibrations: dict[Key, sm.Calibration] = {
        (f"a{a}", f"b{b}"): sm.Calibration(
            ("cka",),
            values[a, b, np.newaxis],
            nulls[a, b][np.newaxis],
            np.array(range(count) if rolls is None else rolls, np.uint64),
            0.05,
        )
        for a in range(values.shape[0])
        for b in range(values.shape[1])
    }
    return Comparison(dict.fromkeys(calibrations, spectrum), None, calibrations=calibrations)


def find_slowly(values: Floats, nulls: Floats, a: int) -> tuple[int, float, float]:
    """The best of B for a layer of A, t and p, draw by draw in plain Python."""
    draws = [[values[a, b], *nulls[a, b]] for b in range(values.shape[1])]
    t = [(v[0] - np.mean(v[1:])) / np.std(v[1:]) for v in draws]
    maxima = []
    for draw in range(len(draws[0])):
        z = []
        for v in draws:
            mean = sum(v) / len(v)
            z.append((v[draw] - mean) / math.sqrt(sum((each - mean) ** 2 for each in v) / len(v)))
        maxima.append(max(z))
    best = max(range(len(t)), key=t.__getitem__)
    return best, t[best], sum(each >= maxima[0] - 1e-9 for each in maxima) / len(maxima)


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_it_is_what_is_defined(seed: int, n_a: int, n_b: int) -> None:
    rng = np.random.default_rng(seed)
    widths = rng.random((n_a, n_b, 1)) * 0.5
    nulls = widths + 0.3 * rng.random((n_a, n_b, K))
    values = widths[..., 0] + 0.4 * rng.random((n_a, n_b))
    found = made_up(values, nulls).best("cka")
    for a in range(n_a):
        best, t, p = find_slowly(values, nulls, a)
        each = found.of_a[f"a{a}"]
        assert (each.layer, each.value) == (f"b{best}", values[a, best])
        assert each.t == pytest.approx(t, rel=1e-9)
        assert each.p_value == pytest.approx(p)
        assert each.raw_layer == f"b{values[a].argmax()}"
        assert each.raw_value == values[a].max()
    # The other direction is that of the comparison turned round.
    turned = made_up(values.T, nulls.transpose(1, 0, 2)).best("cka")
    for b in range(n_b):
        mine, other = found.of_b[f"b{b}"], turned.of_a[f"a{b}"]
        assert (mine.value, mine.t, mine.p_value) == (other.value, other.t, other.p_value)


def test_nulls_of_the_same_shifts_count_once() -> None:
    rng = np.random.default_rng(0)
    values, nulls = rng.random((2, 3)), rng.random((2, 3, K))
    twice, rolls = np.concatenate([nulls, nulls[..., :7]], axis=2), [*range(K), *range(7)]
    found = made_up(values, twice, rolls).best("cka")
    assert found == made_up(values, nulls).best("cka")
    assert found.n_nulls == K


def test_nulls_that_are_all_equal_are_no_match_unless_the_data_are_above() -> None:
    rng = np.random.default_rng(0)
    values, nulls = rng.random((1, 4)), rng.random((1, 4, K))
    # Saturated: the data are as all nulls are. The largest value, and not the best layer.
    values[0, 1], nulls[0, 1] = 1.0, 1.0
    found = made_up(values, nulls).best("cka").of_a["a0"]
    assert (found.layer != "b1", found.raw_layer) == (True, "b1")
    alone = made_up(values[:, 1:2], nulls[:, 1:2]).best("cka").of_a["a0"]
    assert alone == BestLayer("b0", 1.0, 0.0, 1.0, "b0", 1.0)
    # Rounding is no difference.
    nulls[0, 1] = 1.0 - 1e-9 * rng.random(K)
    alone = made_up(values[:, 1:2], nulls[:, 1:2]).best("cka").of_a["a0"]
    assert (alone.t, alone.p_value) == (0.0, 1.0)
    # Above or below nulls that are all equal there is nothing by chance.
    nulls[0, 1:3], values[0, 1:3] = 0.5, [0.6, 0.8]
    found = made_up(values, nulls).best("cka").of_a["a0"]
    assert (found.layer, found.t, found.p_value) == ("b2", math.inf, 1 / (K + 1))
    nulls[0], values[0] = 0.5, 0.4
    found = made_up(values, nulls).best("cka").of_a["a0"]
    assert (found.t, found.p_value) == (-math.inf, 1.0)


def test_what_is_not_known_is_no_match() -> None:
    rng = np.random.default_rng(0)
    values, nulls = rng.random((2, 3)), rng.random((2, 3, K))
    values[0, 0], nulls[0, 1, 3] = np.nan, np.nan
    values[1] = np.nan
    found = made_up(values, nulls).best("cka")
    assert found.of_a["a0"].layer == found.of_a["a0"].raw_layer == "b2"
    nobody = found.of_a["a1"]
    assert (nobody.layer, nobody.raw_layer) == (None, None)
    assert np.isnan([nobody.value, nobody.t, nobody.p_value, nobody.raw_value]).all()
    assert ["a1", "–", "nan"] in [line.split()[:3] for line in repr(found).splitlines()]


@pytest.mark.filterwarnings("ignore::spanmatch.UndersampledWarning")
def test_a_planted_layer_is_found_among_wider_ones() -> None:
    rng = np.random.default_rng(3)
    shared = rng.standard_normal((60, 2))
    x = np.hstack([shared, rng.standard_normal((60, 6))])
    layers_b = [rng.standard_normal((60, width)) for width in (300, 6, 40)]
    layers_b[1][:, :2] = shared + 1.4 * rng.standard_normal((60, 2))
    compared = compare_all([x, rng.standard_normal((60, 8))], layers_b)
    cka = compared.calibrated().value("linear_cka")
    best = compared.best("linear_cka").of_a["a0"]
    assert (best.layer, best.value, best.p_value) == ("b1", cka[0, 1], 1 / (K + 1))
    # CKA alone prefers the widest.
    assert (best.raw_layer, best.raw_value) == ("b0", cka[0, 0])
    assert cka[0, 0] > cka[0, 1]
    # So does the area, which is 1 where there are as many neurons as samples.
    area = compared.best().of_a["a0"]
    assert (area.layer, area.p_value) == ("b1", 1 / (K + 1))
    assert compared.best().of_b["b1"].layer == "a0"


def test_areas_are_those_of_the_nulls_and_other_measures_those_of_calibrated() -> None:
    rng = np.random.default_rng(4)
    compared = compare_all(*([rng.standard_normal((80, 3)) for _ in range(2)] for _ in range(2)))
    calibrated = compared.calibrated()
    kept = Comparison(dict(compared), None, calibrations=dict(calibrated))
    assert kept.best() == compared.best()
    assert kept.best("linear_cka") == compared.best("linear_cka")
    assert compared.best("linear_cka").of_a["a0"].value in calibrated.value("linear_cka")[0]
    few = compare_all([rng.standard_normal((80, 3))], [rng.standard_normal((80, 3))], nulls=4)
    assert few.best().of_a["a0"].p_value >= 1 / 5


def test_what_has_no_best_layer_says_why() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((2, 60, 3))
    compared = compare_all([x], [y, x])
    one_by_one = Comparison({"fc": sm.spectrum(x, y)}, None)
    with pytest.raises(ValueError, match="compared one by one: compare with `all_pairs=True` and"):
        one_by_one.best()
    with pytest.raises(ValueError, match="no measure 'ckaa': there are area"):
        compared.best("ckaa")
    other = sm.null_spectra(x, y, nulls=K, seed=9)
    nulls = dict(compared.nulls) | {("a0", "b1"): other}
    with pytest.raises(
        ValueError, match="a0 × b1 have other circular shifts than those of a0 × b0"
    ):
        Comparison(dict(compared), None, nulls=nulls).best()
    with pytest.raises(ValueError, match="area is not known for nulls of a0 × b0"):
        Comparison(dict(compared), None).best()


def test_it_is_shown_and_plain() -> None:
    rng = np.random.default_rng(6)
    found = made_up(rng.random((2, 3)), rng.random((2, 3, K))).best("cka")
    lines = repr(found).splitlines()
    assert lines[0] == f"Best layers by cka: {K} distinct nulls"
    best = found.of_a["a0"]
    assert lines[3].split() == [
        "a0",
        str(best.layer),
        f"{best.value:.2f}",
        f"{best.t:.1f}",
        f"{best.p_value:.2g}",
        str(best.raw_layer),
        f"{best.raw_value:.2f}",
    ]
    frame = found.to_dataframe()
    assert list(frame) == ["model", "layer", "best", "value", "t", "p", "raw_best", "raw_value"]
    assert frame["model"].tolist() == ["A"] * 2 + ["B"] * 3
    plain = json.loads(format_json(found.to_dict()))
    assert plain["of_b"]["b2"]["p_value"] == found.of_b["b2"].p_value
    assert pickle.loads(pickle.dumps(found)) == found
    with pytest.raises(TypeError):
        found.of_a["a0"] = best  # type: ignore[index]


def test_of_twelve_unrelated_layers_one_is_often_significant_until_the_choice_is_counted() -> None:
    """Of 200 draws of networks of twelve layers that each see inputs of their own."""
    rng = np.random.default_rng(7)
    draws, uncorrected, corrected = 200, 0, 0
    for seed in range(draws):
        layers_b = [rng.standard_normal((40, 3)) for _ in range(12)]
        compared = compare_all([rng.standard_normal((40, 3))], layers_b, seed=seed)
        best = compared.best().of_a["a0"]
        key = ("a0", str(best.raw_layer))
        uncorrected += compared.nulls[key].p_value(compared[key]) <= 0.05
        corrected += best.p_value <= 0.05
    assert uncorrected >= 0.15 * draws
    # On either side at most 2.6 deviations: binomial, of 200 draws at 1 in 20.
    assert abs(corrected - draws / 20) <= 2.6 * math.sqrt(draws * 0.05 * 0.95)


def test_p_values_of_the_best_are_uniform() -> None:
    """Under exchangeable draws with other means and deviations for each pair of layers."""
    rng = np.random.default_rng(8)
    p = []
    for _ in range(300):
        draws = rng.random((1, 6, 1)) + rng.random((1, 6, 1)) * rng.random((1, 6, K + 1))
        # A measure is 1 at most; halved, they are in the same order.
        draws /= 2
        found = find_best_layers(made_up(draws[..., 0], draws[..., 1:]), None, "cka")
        p.append(found.of_a["a0"].p_value)
    counts = np.histogram(p, bins=np.linspace(0.025, 1.025, 11))[0]
    assert ((counts - 30) ** 2 / 30).sum() < 27.9  # chi-squared of 9, at 0.001

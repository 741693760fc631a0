"""No result has fields out of range, or that disagree, whoever makes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spanmatch as sm
from each_result import RESULTS
from many_networks import make_many
from rewritten_files import rewritten

if TYPE_CHECKING:
    from pathlib import Path

SPECTRUM, MATCH, RESIDUALS, SUPPORT, MAP, ONE_TO_ONE = RESULTS
ANSWER: Any = make_many(2, nulls=19, folds=3).comparison("net 0", "net 1").solved("fc")
MEASURES = sm.measures(*np.random.default_rng(0).standard_normal((2, 50, 3)))
CALIBRATION = sm.Calibration(
    ("area",), np.array([0.5]), np.full((1, 19), 0.25), np.arange(19, dtype=np.uint64)
)
NAN, INF = float("nan"), float("inf")


def changed(values: Any, place: Any, value: float) -> Any:
    array = np.array(values)
    array[place] = value
    return array


WRONG: list[tuple[Any, dict[str, Any], str]] = [
    *(
        (SPECTRUM, {"x": changed(SPECTRUM.x, 1, value)}, r"x\[1\] is")
        for value in (NAN, -5.0, 1.5, -INF)
    ),
    (SPECTRUM, {"x": changed(SPECTRUM.x, 1, INF)}, "neuron 1 of x is dead by its critical"),
    (SPECTRUM, {"x": SPECTRUM.x[:-1]}, "chance of x has shape"),
    (SPECTRUM, {"x": SPECTRUM.x[None]}, "expected 1 axes"),
    (SPECTRUM, {"chance": (SPECTRUM.chance[0] + 1, SPECTRUM.chance[1])}, "chance of x"),
    *((SPECTRUM, {"n_samples": value}, "n_samples is") for value in (0, -1, 2**63, 1.5, True)),
    (SPECTRUM, {"refreshes": -1}, "refreshes is"),
    *((SPECTRUM, {"resolution": value}, "resolution is") for value in (NAN, 0.0, 1.0, -1e-6)),
    *((SPECTRUM, {"ridge": value}, "ridge is") for value in (NAN, 0.0, -1.0, INF, 10**400)),
    *((MATCH, {"eps": value}, "must be in") for value in (NAN, -0.1, 1.0, INF)),
    (MATCH, {"x": [-1, 0]}, r"x\[0\] is -1: there are 6 neurons"),
    (MATCH, {"x": [10**12]}, r"x\[0\] is 1000000000000: there are 6 neurons"),
    (MATCH, {"y": [1, 1]}, "rising order"),
    (MATCH, {"y": [2, 0]}, "rising order"),
    (MATCH, {"x": [0.5]}, "float64 has no values of int64"),
    (MATCH, {"x": np.array([2**63], np.uint64)}, "values that int64 does not hold"),
    (MATCH, {"n_x": -1}, "n_x is -1"),
    (RESIDUALS, {"x": changed(RESIDUALS.x, 0, -0.5)}, "is -0.5"),
    (RESIDUALS, {"x": changed(RESIDUALS.x, 0, INF)}, "is inf"),
    (SUPPORT, {"matrix": np.zeros_like(SUPPORT.matrix)}, "does not support itself"),
    (SUPPORT, {"matrix": SUPPORT.matrix[:-1]}, "matrix has shape"),
    (SUPPORT, {"matrix": []}, "matrix has shape"),
    (SUPPORT, {"matrix": SUPPORT.matrix.astype(int)}, "has no values of bool"),
    (SUPPORT, {"n_x": 1}, "there are 1 neurons"),
    (MAP, {"x": changed(MAP.x, (0, 0), NAN)}, "each must be finite"),
    (MAP, {"x": MAP.x.T[:1]}, "x has shape"),
    (MAP, {"x_offset": [0.0]}, "x_offset has shape"),
    (MAP, {"x_residuals": changed(MAP.x_residuals, 0, 1.5)}, "is 1.5"),
    (ONE_TO_ONE, {"x": changed(ONE_TO_ONE.x, 0, 0.25)}, "another ε on than its critical ε"),
    (ONE_TO_ONE, {"partners": (ONE_TO_ONE.partners[0] + 9, ONE_TO_ONE.partners[1])}, "partners"),
    (
        ONE_TO_ONE,
        {"partners": (changed(ONE_TO_ONE.partners[0], 0, -1), ONE_TO_ONE.partners[1])},
        "residual without a partner",
    ),
    (ONE_TO_ONE, {"changes_eps": ONE_TO_ONE.changes_eps[::-1]}, "rising order"),
    (ONE_TO_ONE, {"changes": (ONE_TO_ONE.changes[0], ONE_TO_ONE.changes[1] - 7)}, "changes of y"),
    (ANSWER.interval, {"level": 1.0}, "level must be between"),
    (ANSWER.interval, {"method": "guess"}, "method is 'guess'"),
    (ANSWER.interval, {"folds": 1}, "folds is 1"),
    (ANSWER.interval, {"area": ANSWER.interval.area[::-1]}, "low end that is above"),
    (ANSWER.interval, {"similarity": ANSWER.interval.similarity + 1}, "similarity"),
    (ANSWER.interval, {"eps": ANSWER.interval.eps + 1}, "must be in"),
    (ANSWER.nulls, {"x": ANSWER.nulls.x - 2}, "is -"),
    (ANSWER.nulls, {"refreshes": ANSWER.nulls.refreshes - 100}, "refreshes"),
    (ANSWER.nulls, {"resolution": ANSWER.nulls.resolution * 0}, "resolution is 0"),
    (ANSWER.nulls, {"n_samples": 0}, "n_samples is 0"),
    (CALIBRATION, {"observed": [1.5]}, r"observed\[0\] is 1.5"),
    (CALIBRATION, {"nulls": np.full((1, 19), INF)}, "is inf"),
    (MEASURES, {"linear_cka": -0.5}, "linear_cka is -0.5"),
    (MEASURES, {"svcca": INF}, "svcca is inf"),
    (MEASURES, {"svcca": [0.5]}, r"svcca is \[0.5\]: it must be a number"),
    (MEASURES, {"r2_x": True}, "r2_x is True: it must be a number"),
    (SPECTRUM, {"resolution": "1e-6"}, "resolution is '1e-6': it must be a number"),
    (MEASURES, {"procrustes_distance": 2.0}, "procrustes_distance is 2"),
    (MEASURES, {"effective_rank_x": 0.5}, "effective_rank_x is 0.5"),
    (MEASURES, {"debiased_cka_note": "no reason"}, "a note on why it has none"),
    (MEASURES, {"also": {"ridge_cca": INF}}, "also"),
    (ANSWER, {"spectrum": SPECTRUM}, r"nulls is of 3 \+ 3 neurons, and the spectrum of 6 \+ 4"),
    (ANSWER, {"nulls": replace(ANSWER.nulls, n_samples=59)}, "nulls are of 59 samples"),
    (ANSWER, {"one_to_one": replace(ANSWER.one_to_one, ridge=0.5)}, "one_to_one has the ridge 0.5"),
]


@pytest.mark.parametrize(("result", "changes", "words"), WRONG)
def test_what_is_out_of_range_or_disagrees_is_refused(
    result: Any, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        replace(result, **changes)


def test_two_pairs_of_one_neuron_are_refused() -> None:
    critical = np.array([0.1, 0.2])
    nearest = (np.array([0, 0]), np.array([0, 1])), (critical, critical)
    good = ((np.array([0, 1]), np.array([0, 1])), critical)
    made = sm.OneToOne(critical, critical, *nearest, *good, 1e-6)
    assert made.pairs(0.3).tolist() == [[0, 0], [1, 1]]
    # Neuron 1 of x takes the partner of neuron 0, which gets none in its place.
    twice = ((np.array([0, 1, 0]), np.array([0, 1, 1])), np.array([0.1, 0.2, 0.2]))
    with pytest.raises(ValueError, match=r"two pairs of one neuron at ε = 0\.2"):
        sm.OneToOne(critical, critical, *nearest, *twice, 1e-6)


@pytest.mark.parametrize(
    ("result", "changes"),
    [
        (SPECTRUM, {"x": changed(SPECTRUM.x, 0, NAN)}),
        (SPECTRUM, {"x": changed(SPECTRUM.x, 0, -5.0)}),
        (SPECTRUM, {"n_samples": "-1"}),
        (SPECTRUM, {"n_samples": "true"}),
        (SPECTRUM, {"resolution": "1" + "0" * 400}),
        (MATCH, {"x": np.array([-1, 10**12])}),
        (MATCH, {"x": np.array([0.5])}),
        (SUPPORT, {"matrix": np.zeros((0, 0), bool)}),
    ],
)
def test_a_file_out_of_range_is_refused_by_name(
    result: Any, changes: dict[str, Any], tmp_path: Path
) -> None:
    result.save(tmp_path / "result.safetensors")
    path = rewritten(tmp_path / "result.safetensors", changes)
    with pytest.raises(sm.FileError, match=r"result\.safetensors is damaged"):
        sm.load(path)

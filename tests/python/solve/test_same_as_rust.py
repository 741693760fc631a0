"""The Python package and the Rust crate say the same of one pair: `tests/rust/same_answers.txt` has
what both are held to, here and in `tests/rust/same_answers.rs`."""

from pathlib import Path

import numpy as np
import pytest

import spanmatch as sm

TABLE = Path(__file__).parents[2] / "rust" / "same_answers.txt"


def make_sides() -> tuple[np.ndarray, np.ndarray]:
    """240 rows of 7 + 6 neurons: some shared, one by one or mixed, some not, a twin, a dead one."""
    rows = np.arange(240)

    def noise(column: int) -> np.ndarray:
        return (rows * 7919 + column * 104_729 + rows * column * 31) % 1009 - 504.0

    x = np.column_stack([noise(column) for column in range(7)])
    x[:, 5] = -2 * x[:, 0]
    x[:, 6] = 0
    y = np.column_stack([noise(50 + column) for column in range(6)])
    y[:, 0] = 3 * x[:, 0]
    y[:, 1] = x[:, 1] + x[:, 2]
    y[:, 2] = x[:, 1] - x[:, 2] + y[:, 2] // 4
    y[:, 3] += x[:, 3]
    return x, y


def list_answers() -> dict[str, list[float]]:
    """Return what the package says: a list of numbers for every question."""
    x, y = make_sides()
    pair = sm.ActivationPair(nulls=29, folds=8)
    pair.update(x, y, rows_per_item=2)
    found, pairs = sm.spectrum(pair), sm.one_to_one(pair)
    nulls, interval = sm.null_spectra(pair), sm.interval(pair, eps=[0.1, 0.7, 0.95], level=0.9)
    answers = {"area": [found.area], "one to one area": [pairs.area]}
    for eps in (0.0, 0.1, 0.5, 0.71, 0.95):
        match = found.match(eps)
        answers |= {
            f"similarity {eps}": [found.similarity(eps)],
            f"match x {eps}": match.x.tolist(),
            f"match y {eps}": match.y.tolist(),
            f"one to one similarity {eps}": [pairs.similarity(eps)],
            f"near {eps}": [pairs.near(eps)],
            f"pairs {eps}": pairs.pairs(eps).ravel().tolist(),
            f"p-value {eps}": [nulls.p_value(found, eps)],
        }
    answers |= {f"eps for {s}": [found.eps_for(s)] for s in (0.0, 0.2, 0.25, 0.6, 0.95)}
    answers |= {
        "p-value": [nulls.p_value(found)],
        "least p": [nulls.least_p],
        "chance level": [nulls.chance_level],
        "threshold 0.1": [sm.calibrate(pair, level=0.1)["area"].threshold],
        "interval area": interval.area.tolist(),
    }
    for eps, low, high in zip(interval.eps, *interval.similarity, strict=True):
        answers[f"interval similarity {eps}"] = [low, high]
    for index in range(7):
        answers[f"interval x {index}"] = interval.x[:, index].tolist()
    return answers


def read_table() -> dict[str, list[float]]:
    lines = (line.split(": ") for line in TABLE.read_text("utf-8").splitlines())
    return {question: [float(value) for value in values.split()] for question, values in lines}


def test_the_package_says_what_the_table_has() -> None:
    table, answers = read_table(), list_answers()
    assert list(table) == list(answers)
    for question, values in answers.items():
        assert table[question] == pytest.approx(values, abs=1e-9), question

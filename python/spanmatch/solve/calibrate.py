"""Measures beside their nulls: how much of each is more than unrelated sides reach by chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spanmatch.pair.pair import wrap_gram
from spanmatch.results.calibration import LEVEL, Calibration, check_level
from spanmatch.solve.matches import find_spectrum
from spanmatch.solve.measures import linear_cka
from spanmatch.solve.nulls import solve_nulls
from spanmatch.solve.one_to_one import find_one_to_one
from spanmatch.solve.undersampled import silence_undersampled_warnings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spanmatch.results.nulls import NullSpectra
    from spanmatch.results.spectrum import MatchSpectrum
    from spanmatch.solve.problem import Problem


def find_calibration(
    problem: Problem,
    *,
    nulls: NullSpectra | None = None,
    eps: Sequence[float] = (),
    level: float = LEVEL,
    progress: bool = False,
) -> Calibration:
    """Return the measures of a problem, each beside its nulls; their spectra may be known already.

    Raises
    ------
    ValueError
        There are too few distinct nulls for the level.
    """
    gram = problem.gram
    check_level(level, len(set(gram.null_rolls)))
    spectra = solve_nulls(problem, progress=progress) if nulls is None else nulls
    observed = _measure(problem, find_spectrum(problem), eps)
    of_nulls = [
        _measure(problem.of_gram(gram.null(index)), spectra[index], eps)
        for index in range(gram.n_nulls)
    ]
    return Calibration(
        tuple(observed),
        np.array(list(observed.values())),
        np.array([[each[name] for each in of_nulls] for name in observed]),
        np.array(gram.null_rolls, np.uint64),
        level,
        problem.ridge,
    )


def _measure(problem: Problem, spectrum: MatchSpectrum, eps: Sequence[float]) -> dict[str, float]:
    with silence_undersampled_warnings():
        cka = linear_cka(wrap_gram(problem.gram))
    return {
        "area": spectrum.area,
        "one_to_one_area": find_one_to_one(problem).area,
        "linear_cka": cka,
        **{f"s({each:g})": spectrum.similarity(each) for each in eps},
    }

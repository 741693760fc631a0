"""A claim of the report, and words that several claims share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanmatch.experiment.report.findings import Findings

Verdict = Literal["yes", "no", "unclear", "in part"]


@dataclass(frozen=True)
class Claim:
    """A question, and the answer of this experiment."""

    question: str
    verdict: Verdict
    answer: str


def format_range(values: NDArray[np.float64], *, percent: bool = False) -> str:
    """Return the least and the largest value as text; one of them if both read the same."""
    if values.size == 0:
        return "–"
    low, high = (
        f"{value:.0%}" if percent else f"{value:.2f}" for value in (values.min(), values.max())
    )
    return low if low == high else f"{low} to {high}"


def warn_of_one_pair(findings: Findings) -> str:
    """Return a warning if there is only one pair of networks, else ""."""
    one = len(findings.of("trained")) == 1
    return " There is one pair only, so nothing is known of the spread." if one else ""

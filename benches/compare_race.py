"""Contenders, run in turn again and again: best times, and answers that must agree."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

OURS = "spanmatch"


class DifferentAnswerError(Exception):
    """A contender's answer is not ours: its time means nothing."""


@dataclass(frozen=True)
class Contender:
    """Other software at a task of ours."""

    name: str
    run: Callable[[], Any]
    check: Callable[[Any, Any], str]
    """Of our answer and its own: says in a few words how they agree, or raises."""


@dataclass(frozen=True)
class Task:
    """What is timed: our way first, then others'."""

    name: str
    run: Callable[[], Any]
    contenders: list[Contender]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Race:
    """Best times of a task, and how each contender agreed."""

    task: str
    rounds: int
    seconds: dict[str, float]
    agreement: dict[str, str]


def race(task: Task, repeats: int, budget: float) -> Race:
    """Run ours and every contender in turn; check the answers of the first round."""
    agreement: dict[str, str] = {}

    def check(answers: Mapping[str, Any]) -> None:
        for contender in task.contenders:
            try:
                agreed = contender.check(answers[OURS], answers[contender.name])
            except DifferentAnswerError as different:
                raise DifferentAnswerError(
                    f"{task.name}: {contender.name}: {different}"
                ) from different
            agreement[contender.name] = agreed

    runs = {OURS: task.run, **{contender.name: contender.run for contender in task.contenders}}
    seconds, rounds = interleave(runs, repeats, budget, check)
    return Race(task.name, rounds, seconds, agreement)


def interleave(
    runs: Mapping[str, Callable[[], Any]],
    repeats: int,
    budget: float,
    check: Callable[[Mapping[str, Any]], None],
) -> tuple[dict[str, float], int]:
    """Best times of `repeats` rounds, or of as many as fit the budget, but of two at least."""
    best = dict.fromkeys(runs, float("inf"))
    answers: dict[str, Any] = {}
    start, rounds = time.perf_counter(), 0
    while rounds < repeats and (rounds < 2 or time.perf_counter() - start < budget):
        for name, run in runs.items():
            seconds, answer = timed(run)
            best[name] = min(best[name], seconds)
            if rounds == 0:
                answers[name] = answer
        if rounds == 0:
            check(answers)
            answers.clear()
        rounds += 1
    return best, rounds


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = run()
    return time.perf_counter() - start, answer


def close(ours: float, other: float, tolerance: float) -> str:
    """How two numbers agree; raises where they do not."""
    error = abs(ours - other)
    if not error <= tolerance:
        raise DifferentAnswerError(f"{other!r}, where ours is {ours!r}")
    return f"to {error:.0e}" if error else "equal"

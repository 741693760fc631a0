"""Races as a Markdown table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compare_race import OURS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from compare_race import Race, Task


def table(races: Iterable[Race]) -> str:
    """A row for each contender: both best times, and how many times as long it took."""
    rows = []
    for race in races:
        ours = race.seconds[OURS]
        for name, agreed in race.agreement.items():
            its = race.seconds[name]
            times = (seconds(ours), name, seconds(its), ratio(its / ours))
            rows.append((race.task, *times, agreed, str(race.rounds)))
    return markdown(
        ("task", OURS, "other", "its time", "times as long", "answers", "best of"), rows
    )


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def notes_of(tasks: Iterable[Task]) -> str:
    notes = dict.fromkeys(note for task in tasks for note in task.notes)
    return "\n".join(f"- {note}" for note in notes)


def seconds(value: float) -> str:
    """Two or three digits."""
    if value < 0.9995e-3:
        return f"{1e6 * value:.0f} µs"
    if value < 0.9995:
        return f"{1e3 * value:.{1 if value < 1e-2 else 0}f} ms"
    return f"{value:.{2 if value < 10 else 1}f} s"


def ratio(value: float) -> str:
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:,.{2 if value < 10 else 0}f}"

"""Counts, lists and near names in sentences."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from spanmatch.base.shown_text import show_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def count_of(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number and what it counts.

    >>> count_of(1, "layer"), count_of(3, "layer"), count_of(0, "match", "matches")
    ('1 layer', '3 layers', '0 matches')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def shorten(text: str, letters: int = 60) -> str:
    """Cut a text of any length, such as one from a file, to this number of letters.

    >>> shorten("ActivationPair", 10)
    'Activation…'
    """
    return text if len(text) <= letters else f"{text[:letters]}…"


def list_names(names: Sequence[str], shown: int) -> str:
    """Return the first names of a list, and how many more there are.

    >>> list_names(["conv", "fc", "head"], 2)
    'conv, fc and 1 more'
    """
    more = len(names) - shown
    return ", ".join(map(show_name, names[:shown])) + (f" and {more} more" if more > 0 else "")


def suggest(name: str, known: Iterable[str], shown: int = 3) -> str:
    """Return known names that are like an unknown one, or else the first known names.

    >>> suggest("con", ["conv", "fc", "head", "pool"])
    "did you mean 'conv'?"
    >>> suggest("?", ["conv", "fc", "head", "pool"])
    "there are 'conv', 'fc', 'head' and 1 more"
    >>> suggest("con", [])
    'there is none'
    """
    names = list(known)
    if not names:
        return "there is none"
    near = [repr(each) for each in get_close_matches(name, names, n=shown)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there are {list_names([repr(each) for each in names], shown)}"

"""Text that is safe to print: names from files and models may hold terminal control sequences."""

from __future__ import annotations

import re

GAP = "…"
IN_SENTENCES = 100  # The longest name in a sentence.
# Control characters, marks of text direction, line breaks other than \n, and surrogates, which no
# stream can encode.
_OBEYED = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
_IN_TEXT, _IN_NAMES = re.compile(f"[{_OBEYED}]"), re.compile(f"[\n{_OBEYED}]")


def show_controls(text: str) -> str:
    r"""Return text with control characters, except line breaks, as visible escapes.

    >>> print(show_controls("red\x1b[31m\nand back\u202e"))
    red\x1b[31m
    and back\u202e
    """
    return _IN_TEXT.sub(_escape, text)


def show_name(name: str) -> str:
    r"""Return a name with control characters, and line breaks too, as visible escapes.

    >>> print(show_name("conv\n1"))
    conv\n1
    """
    return _IN_NAMES.sub(_escape, name)


def shorten_name(name: str) -> str:
    """Apply `show_name`, and leave out the middle of a name that is too long for a sentence."""
    return elide(show_name(name), IN_SENTENCES)


def elide(name: str, letters: int) -> str:
    """Leave out the middle of a name that is too long.

    >>> elide("features.conv.weight", 9)
    'feat…ight'
    """
    if len(name) <= letters:
        return name
    head = (letters - len(GAP)) // 2
    return name[:head] + GAP + name[len(name) - (letters - len(GAP) - head) :]


def _escape(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()

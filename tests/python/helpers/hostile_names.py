"""Names of layers, networks and neurons that are written to do harm, or by no one who thought."""

from __future__ import annotations

import re

HOSTILE = (
    "<script>alert(1)</script>",
    "\"quoted\" & 'so'",
    "two\nlines",
    "\x1b]0;owned\x07\x1b[31mred",
    "\x9b31m\x7f\x00",
    "turned\u202egnp\u2066",
    "broken\u2028here",
    "$\\frac{",
    "$a$ and $b$",
    "=HYPERLINK('http://example.com')",
    "[bold]rich[/nothing]",
    '#0072b2 font: 12px x version="1"',
    "a" * 500,
    "a" * 250 + "b" + "a" * 250,
)
# What a terminal obeys; of tables and sentences a line may end.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
WIDEST = 240  # letters of a line of a table

"""Drawings of results and their one style. Needs matplotlib.

Read `style` first: colours, axes, what chance and intervals look like. Then `similarity`, curves
s(ε) with the three `bands` under them, and `structure`, sizes of matches and support. `figure_file`
writes them; `page` is what pages share. This room draws results and asks no questions: it does not
know `solve`.
"""

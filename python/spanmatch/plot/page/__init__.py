"""The common parts of pages of results: a frame, its words, and drawings that fit it.

Read `template` first, which builds a page from `base.html` and `terms.html`. Then read `drawing`,
a figure with its title, and `svg`, which fits it to a light or dark page.
"""

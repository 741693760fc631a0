"""What pages of results share: a frame, its words, and drawings that fit it.

Read `template` first, which puts a page together from `base.html` and `terms.html`, then `drawing`,
a figure with its title, and `svg`, which fits it to a page that is light or dark.
"""

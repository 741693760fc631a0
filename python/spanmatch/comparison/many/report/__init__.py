"""The report of a comparison of many networks. This package needs matplotlib, scipy and jinja2.

Read `page`, which is made of the sentence from `headline`, `tables`, `figures` and `warnings`.
`origin` tells how the comparison was made.
"""

"""The report of a comparison of many networks. Needs matplotlib, scipy and jinja2.

Read `page`, which puts together the sentence from `headline`, `tables`, `figures` and `warnings`.
`origin` holds what is known about how the comparison was made.
"""

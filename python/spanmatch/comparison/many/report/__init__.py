"""The page of many networks' comparison. Needs matplotlib, scipy and jinja2.

Read `page`, which puts it together: the answer in a sentence from `headline`, `tables`, `figures`
and `warnings`. `origin` is what is known of how the comparison was made.
"""

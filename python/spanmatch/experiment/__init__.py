"""The paper's study as one command: train or read networks, compare all pairs, write a report.

Read `config` (and `config_file`), what an experiment is; `plan`, the networks and comparisons that
follow from it; `run`, which makes what is missing in a `folder`. It takes `data_sources`,
`networks`, `training`, `performance` and `layer_details`, and writes `records`. `report` makes a
page of them.
"""

"""The study of the paper as one command: train networks, compare all pairs, write a report.

Read `config` (with `config_file`), the options of an experiment, and `plan`, the networks and
comparisons that follow from them. Then read `run`, which makes what is missing in a `folder`. It
uses `data_sources`, `networks`, `training`, `performance` and `layer_details`, and writes
`records`. `report` turns them into a page.
"""

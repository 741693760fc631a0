"""The results of the functions: immutable, comparable, picklable, and saved to files.

Read `result` first, the base class, and `result_file`, which saves every field according to its
type. Then read `match` and `spectrum`, the match spectrum; `residuals`, `structure` (support and
linear maps) and `measures`; `nulls` and `interval`, which say how sure a spectrum is; and
`layer_answer`, which holds all results for one layer. `match_list` saves several matches. `checks`
validates fields, and `pair_changes` validates those of one-to-one pairs.
"""

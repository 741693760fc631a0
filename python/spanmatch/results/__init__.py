"""The answers: immutable, comparable, picklable, saved.

Read `result` first, what all of them are, and `result_file`, how they are saved. Then `match` and
`spectrum`, the match spectrum; `residuals`, `structure` (support, linear map), `measures`; `nulls`
and `interval`, which say how sure a spectrum is; and `layer_answer`, which holds all three of a
layer. `match_list` saves several matches. A field's type decides how it is saved.
`checks` says what fields must be, whoever makes a result; `pair_changes` what those of pairs must.
"""

"""The questions to a pair, each answered by the core.

Read `matches` first: spectrum, maximum match, residuals. Then `sets` and `structure`, what is
inside a match; `linear_map`, one network put onto another; `measures`, the classic ones; `nulls`
and `intervals` (with `student_t`), how sure a spectrum is; `layer_answer`, all that a pair tells.
`undersampled`, `means` and `resolution` say where an answer says little.
"""

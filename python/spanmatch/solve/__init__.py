"""The public functions of two arrays or a pair, which the core computes.

Read `matches` first: spectrum, maximum match and residuals. Then read `sets` and `structure` (the
structure of a match), `linear_map` (stitching one network onto another), `measures` (CKA, CCA and
others), `nulls` and `intervals` with `student_t` (chance and uncertainty), and `layer_answer` (all
results for a layer). `undersampled`, `means` and `resolution` warn of results to read with care.
"""

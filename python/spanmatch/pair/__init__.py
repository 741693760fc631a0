"""Samples in, one joint Gram matrix out.

Read `pair` first: `ActivationPair`, and how a function takes arrays or a pair. Its half that only
reads is in `summed_sides`, with `products` for its Gram matrix and correlations. `types` and
`samples` say what a batch may be, `rows` makes one of maps and tokens; `joint_gram` adds it up
where it lies; `names` and `pair_file` keep names and files. `nulls_and_folds` is what a pair keeps
beside its sums. `device` alone imports torch; `array_files` reads activations from files.

This room and `results` do not know each other.
"""

"""From batches of samples to one joint Gram matrix.

Read `pair` first: `ActivationPair`, and how a function takes two arrays or a pair. `summed_sides`
is the part of it that only reads, with `products` for the Gram matrix and correlations. `types` and
`samples` say what a batch may be, and `rows` makes one from maps and tokens. `joint_gram` adds
batches on the device where they lie. `names` and `pair_file` handle names and files, and
`nulls_and_folds` the sums for nulls and folds. Only `device` imports torch. `array_files` reads
activations from files.

This package and `results` do not import from each other.
"""

"""Many networks compared, each with each or all with one: arrays, a table, a picture, a folder.

Read `network_sums` first, what pairs of networks are made from; then `many_layer`, the arrays of a
layer, and `compared_networks`, all layers. `many_comparison` is the face of these, `many_folder`
its files. `many_findings` says in words what stands out, of `distinct_networks`. `many_picture`
draws `network_matrices`, `network_tree` and `reference_curves`; `report` is the page of all of it.
"""

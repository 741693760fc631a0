"""Comparisons of many networks as arrays, a table, a picture and a folder.

Read `network_sums` first, from which pairs of networks are made. Then read `many_layer`, the arrays
of a layer, and `compared_networks`, all layers. `many_comparison` is the public class, and
`many_folder` its files. `many_findings` puts the main results in sentences, without the copies that
`distinct_networks` removes. `many_picture` draws `network_matrices`, `network_tree` and
`reference_curves`. `report` puts all of these on a page.
"""

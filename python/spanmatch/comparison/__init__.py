"""The results of many layers as a mapping, a table, a picture and a folder.

Read `keys`, the names of layers, then `layer_mapping`, and `layers`, the spectra and arrays over
them. `rows` (for pandas and JSON), `table`, `html_table`, `picture` and `folder` (with
`layer_files`) show and store them. `paired_layers` adds pairs, and `comparison` is the public
class. For chance there are `calibrations`, `calibrated_layers` with a table and a picture, the
public class in `calibrated_comparison`, and `best_layers`. `storage` saves and loads every result
of the package.
"""

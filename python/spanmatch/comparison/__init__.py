"""The results of many layers as a mapping, a table, a picture and a folder.

Read `keys`, the names of layers, then `layer_mapping`, and `layers`, the spectra and arrays over
layers. `rows` (for pandas and JSON), `table`, `html_table`, `picture` and `folder` (with
`layer_files`) show and store them. `paired_layers` adds pairs, and `comparison` is the public
class. On chance there are `calibrations`, `calibrated_layers` with a table and a picture, their
public class `calibrated_comparison`, and `best_layers`. `storage` saves and loads every result of
the package.
"""

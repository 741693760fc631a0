"""Many layers' answers: a mapping, a table, a picture, a folder.

Read `keys`, what a layer is asked for by, `layer_mapping`, and `layers`, the spectra and their
arrays. On them stand `rows` (figures for pandas and JSON), `table` and `html_table`, `picture`, and
`folder`, the files (`layer_files` those of a layer); `paired_layers` adds pairs; `comparison` is
the face of all of these. What is above chance: `calibrations`, `calibrated_layers` with its table
and picture, `calibrated_comparison`, their face, and `best_layers`. `storage` saves and loads
whatever the package makes.
"""

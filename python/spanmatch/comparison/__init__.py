"""Many layers' answers: a mapping, a table, a picture, a folder.

Read `keys`, what a layer is asked for by, and `layers`, the mapping and its arrays. On them stand
`rows` (figures for pandas and JSON), `table` and `html_table`, `picture`, and `folder`, the files;
`comparison` is the face of all of these. `storage` saves and loads whatever the package makes.
"""

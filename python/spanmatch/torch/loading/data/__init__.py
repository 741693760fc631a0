"""Data by name, as batches that are always the same.

- `named`: `load_data`, and the names it knows;
- `batches`: numbered examples, and how they are cut into batches;
- `digits`, `arrays`, `images`, `text`: the data themselves.
"""

"""Comparisons in a folder that can be resumed, by one process or several.

Read in this order:

- `resumable`: the comparison, which does only what is missing in the folder;
- `config`: its options, as `config.json` keeps them;
- `folder`: the check that the folder is of the same comparison, and the record of each pass;
- `ranks`, `batch_share`: the processes of torchrun, and the batches that each of them reads.
"""

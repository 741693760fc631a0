"""A comparison in a folder, which goes on where it was cut off, by one process or several.

Read in this order:

- `resumable`: the comparison, from what is there to what is missing;
- `config`: what decides it, as `config.json` keeps it;
- `folder`: who may write to the folder, and what the pass over the data told;
- `ranks`, `batch_share`: the processes of torchrun, and the batches that each reads.
"""

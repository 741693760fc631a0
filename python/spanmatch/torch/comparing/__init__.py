"""Models over the same batches, layer by layer, to a comparison.

Read in this order:

- `compare`: the public function;
- `options`: what is asked for, checked once and handed on as one object;
- `collect`: both models run over the data, and the pairs of their layers come out;
- `pairing`: how the layers of A stand against those of B, one each or all, and which go into which
  pass: by `layer_pairs`, `left_out`, `budget`, and for all pairs `pair_costs`;
- `passes`: one pass over the data, or several;
- `lockstep`: one batch through both models;
- `collector`: what takes the layers' outputs; `one_by_one`, a pair for each layer, and `all_pairs`,
  with `layer_sums`, for every layer of A with every layer of B; `same_samples`: their rows;
- `answers`: from pairs to the comparison.

Of many networks:

- `compare_many`: the public function; `matched_layers` and `present_layers`, which layers are
  compared in which networks; `network_groups`, which networks with which, and their sums;
- in step: `network_pairing`, which layers go into which pass, and `every_network`, the collector;
- in turn: `network_runs`, one network after the other, and `network_rows`, what they leave on disk;
- `network_answers`: from sums to the comparison of all; `kept_sums`, of several passes.
"""

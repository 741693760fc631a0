"""From models and batches to a comparison, layer by layer.

Read in this order:

- `compare`: the public function;
- `options`: all options, checked once and passed on as one object;
- `collect`: runs both models over the data and returns the pairs of their layers;
- `pairing`: which layers of A are compared with which of B, and in which pass over the data; it
  uses `layer_pairs`, `left_out`, `budget`, and for all pairs `pair_costs`;
- `passes`: one pass over the data, or several;
- `lockstep`: runs one batch through both models;
- `collector`: receives the outputs of layers; `one_by_one` sums a pair for each layer, and
  `all_pairs`, with `layer_sums`, every layer of A with every layer of B; `same_samples` pairs rows;
- `answers`: from pairs to the comparison.

For many networks:

- `compare_many`: the public function; `matched_layers` and `present_layers`: the layers that are
  compared, and in which networks; `network_groups`: the networks that are summed together;
- models side by side: `network_pairing`, the passes over the data, and `every_network`, which sums;
- one after the other: `network_runs`, which runs the networks, and `network_rows`, their files;
- `network_answers`: from sums to the comparison; `kept_sums`: the sums of several passes.
"""

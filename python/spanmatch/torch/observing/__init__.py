"""The outputs of a model's layers while it runs; the model is left as it was.

`capture` yields the rows of layers, `layer_info` lists the layers, and the room `comparing` runs
two models side by side.

Read `observer` first, which observes a model and passes on each layer's output. Then read

- `layers`, `layer_globs`: the choice of layers by name or glob;
- `model_state`: the changes to a model while it is observed, which are undone afterwards;
- `offloading`: models whose weights accelerate moves between devices;
- `kept_state`: the state that a model keeps between runs, separate for each observer;
- `batch_contents`, `batch`, `graph_batch`, `masks`, `items`: the inputs in a batch, the positions
  that count, and the number of rows of each input;
- `refused_calls`, `unbatched`, `time_first`: batches that a model would misinterpret;
- `output_hook`: the hook on modules;
- `forward_pass`: the record of one run;
- `neuron_axis`, `axis_choice`: the neurons' axis of an output, found or given;
- `said_of_layers`: options that are given by globs, for each layer;
- `batch_trace`, `trace`, `item_trace`: which rows of an output belong to which input;
- `traced_batches`: the batches that are used to find this out;
- `activations`: the output of a layer, and its form as samples × neurons;
- `model_error`: the error if a model fails.
"""

"""A model's layers, observed as it runs, and the model left as it was.

What uses it: `capture` hands over the rows of layers, `layer_info` lists the layers, and the room
comparing runs two models side by side.

Read `observer` first: the model under observation, from entering it to each layer's output. Then

- `layers`, `layer_globs`: which layers are meant, by name or glob;
- `model_state`: what is changed in a model while it is observed, and put back;
- `offloading`: models whose weights accelerate moves about;
- `kept_state`: what a model keeps from run to run, apart for each observer;
- `batch_contents`, `batch`, `graph_batch`, `masks`, `items`: what a batch holds for the model,
  which positions count, and how many rows each input has;
- `refused_calls`, `unbatched`, `time_first`: batches that a model takes for something else;
- `output_hook`: what modules call when they return;
- `forward_pass`: what one run has shown so far;
- `neuron_axis`, `axis_choice`: which axis of an output is the neurons', found or said;
- `said_of_layers`: what is said of layers by globs, spread over them;
- `batch_trace`, `trace`, `item_trace`: whose the rows of an output are, found by experiment;
- `traced_batches`: the batches that show it;
- `activations`: the output of a layer, and how it becomes samples × neurons;
- `model_error`: what is raised when a model fails.
"""

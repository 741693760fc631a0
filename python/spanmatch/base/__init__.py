"""Helpers that do not depend on activations. Each module can be read alone.

- `constants`: the numbers that the package and its core share
- `arguments`: checks of the arguments of public functions, before any work
- `errors`, `words`: errors and warnings, and counts, lists and near names in them
- `atomic`: files that appear only once they are complete; `regular_file`: refuses pipes and devices
- `plain_json`, `plain_values`: JSON files, and checks of their values
- `array_shape`, `safetensors_header`, `safetensors_file`: tensors in files; `tensor_file`: the
  files of spanmatch, which use these
- `claim`: whether a command may write to a folder of results; `folder_lock`: one process at a time
- `shown_text`: names that are safe to print to a terminal; `natural_order`: step2 before step10
- `progress`, `threads`, `interruptible`, `memory`
"""

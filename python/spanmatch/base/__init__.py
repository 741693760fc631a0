"""What knows nothing of activations. Each module stands alone; read what is needed.

- `constants`: the numbers that the package and its core share
- `arguments`: what public functions accept, checked before any work
- `errors`, `words`: errors and warnings, and counts, lists and near names in them
- `atomic`: files that are there whole or not at all; `regular_file`: no pipes or devices in their
  place
- `plain_json`, `plain_values`: JSON files, and what they hold, checked; `array_shape`,
  `safetensors_header`, `safetensors_file`: tensors in files, and on them `tensor_file`, the files
  of spanmatch
- `claim`, `folder_lock`: who may write to a folder of results, and who does
- `shown_text`: names as people may see them
- `progress`, `threads`, `interruptible`
"""

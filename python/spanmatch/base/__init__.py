"""What knows nothing of activations. Each module stands alone; read what is needed.

- `constants`: the numbers that the package and its core share
- `arguments`: what public functions accept, checked before any work
- `errors`, `words`: errors and warnings, and counts, lists and near names in them
- `atomic`: files that are there whole or not at all; `regular_file`: no pipes or devices in their
  place; on both `plain_json` and `tensor_file`
- `claim`: who may write to a folder of results
- `progress`, `threads`
"""

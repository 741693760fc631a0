"""Models and data by name: from other libraries, from files, or from the user's own code.

- `models`: `load_model`, and the calls of other libraries;
- `checkpoints`, `shards`: weights from files, without running code in them;
- `data`: `load_data`, a package of its own;
- `architectures`: the networks that experiments train;
- `calls`: arguments in a name;
- `factories`: the user's own functions, for models and data;
- `hub`, `extras`: the Hugging Face hub, and packages that may not be installed;
- `tokenizers`: the choice of a tokenizer if none is given;
- `default_input`: an input of the size that a named model is made for;
- `digests`: hashes of the files that are named.
"""

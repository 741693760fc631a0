"""Models and data by name: of other libraries, of files, or of the user's own code.

- `models`: `load_model`, and what the libraries of models need;
- `checkpoints`, `shards`: weights from files, of which no code is ever run;
- `data`: `load_data`, a room of its own;
- `architectures`: the small networks that experiments train;
- `calls`: arguments in a name;
- `factories`: the user's own functions, for both;
- `hub`, `extras`: the Hugging Face hub, and packages that may not be there;
- `tokenizers`: which one text is read by, where that is not said;
- `default_input`: an input of the kind that a named model is made for;
- `digests`: what tells the content of the files that are named.
"""

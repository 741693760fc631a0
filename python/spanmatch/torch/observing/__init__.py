"""A model's layers, seen as it runs, and the model left as it was."""

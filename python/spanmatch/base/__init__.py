"""What knows nothing of activations: arguments, errors, words, files, progress, threads."""

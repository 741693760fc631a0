"""Activations in files of arrays: .npy, .npz and .safetensors.

Read `formats` first, which finds the arrays of a file by `npy_header` and the header of
safetensors. `stored_values` reads their values. `array_file` reads an array of activations some
rows at a time, and `array_pair` sums two of them as a pair.
"""

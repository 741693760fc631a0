"""Activations in files of arrays: .npy, .npz and .safetensors.

Read `formats`, where the arrays of a file lie; then `array_file`, one of them read some rows at a
time; then `array_pair`, two of them as a pair.
"""

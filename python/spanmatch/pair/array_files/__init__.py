"""Activations in files of arrays: .npy, .npz and .safetensors.

Read `formats`, where the arrays of a file lie, by `npy_header` and the header of
safetensors; then
`stored_values`, which reads them; then `array_file`, an array of activations some rows at a time;
then `array_pair`, two of them as a pair.
"""

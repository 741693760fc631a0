"""Activations in files of arrays: .npy, .npz and .safetensors."""

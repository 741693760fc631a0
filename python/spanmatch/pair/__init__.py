"""Samples in, one joint Gram matrix out."""

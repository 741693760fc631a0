"""Samples that lie on a device, and their sums there. Here alone the pair imports torch."""

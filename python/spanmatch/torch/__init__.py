"""Everything that needs PyTorch. `import spanmatch` does not load it."""

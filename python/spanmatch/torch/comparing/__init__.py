"""Two models over the same batches, layer by layer, to a comparison."""

"""A comparison in a folder, that goes on where it was cut off."""

"""Drawings and their one style. Needs matplotlib."""

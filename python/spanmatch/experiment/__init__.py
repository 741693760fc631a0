"""The paper's study as one command: train or read networks, compare all pairs, write a report."""

"""The questions to a pair."""

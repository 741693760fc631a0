"""The answers: immutable, comparable, saved."""

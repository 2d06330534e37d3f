"""Compiled loops over NumPy arrays, nothing else; what they are given is checked by their callers in ``candidates``."""

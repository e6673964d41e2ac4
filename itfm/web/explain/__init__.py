"""Explain: why a figure is what it is."""

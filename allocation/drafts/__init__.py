"""Changing a rule set step by step, as forms do. Pure."""

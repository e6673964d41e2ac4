"""Allocation: the rules, what they catch and leave, and the runs that apply them."""

"""The builder of a dimension's rules."""

"""FOCUS columns and checks. Pure."""

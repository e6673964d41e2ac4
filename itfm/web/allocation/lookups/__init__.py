"""Lookup tables: taking in files, editing rows."""

"""A catalogue of malformed and hostile bills, for every kind of bill that is read from a file."""

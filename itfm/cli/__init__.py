"""The `itfm` command line."""

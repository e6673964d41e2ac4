"""Uploads: a bill as a file from somebody's own machine, looked at before it counts."""

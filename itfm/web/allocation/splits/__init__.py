"""The form of a split, with its shares worked out."""

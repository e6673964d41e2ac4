"""One module per resource: what it reads, what it answers, and one call in between."""

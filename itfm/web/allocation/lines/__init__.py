"""Lines of a bill against the rules: what nothing catches, and which rule caught one line."""

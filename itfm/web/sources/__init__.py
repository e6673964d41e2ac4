"""Sources: connecting them step by step, how each does, and taking them out of use."""

"""Who owns which cost: cost centres."""

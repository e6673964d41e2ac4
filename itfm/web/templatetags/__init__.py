"""How templates write figures, and figures of the other kind."""

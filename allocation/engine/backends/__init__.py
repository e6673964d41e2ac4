"""One file per engine that runs the relational expressions."""

"""Finding, reading and archiving deliveries."""

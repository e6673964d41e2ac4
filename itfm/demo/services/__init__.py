"""APIs of services the made-up company buys, spoken by a server on this machine with sample data. Pure but for it."""

"""Lists the made-up company keeps itself: contracts, assets and the general ledger. Pure."""

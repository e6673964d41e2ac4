"""Costs that are spread over time: contracts, assets, and lists that tell them. Pure but for the files."""

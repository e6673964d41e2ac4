"""The Overview: where the money of a billing period went."""

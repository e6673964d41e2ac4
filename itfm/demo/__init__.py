"""A deterministic sample company with bills in each provider's own format."""

"""Postings of general ledgers: how they are laid out, and which accounts are what. Pure."""

"""Organisations, users, memberships, roles and scopes."""

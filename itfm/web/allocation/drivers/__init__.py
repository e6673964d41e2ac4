"""Drivers: what they measure, and taking in their values."""

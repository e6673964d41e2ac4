"""Invoices: entered by hand or from files, and held against the bills."""

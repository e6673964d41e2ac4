"""Invoices held against charges, without a database."""

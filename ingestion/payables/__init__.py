"""Invoices as issuers ask for them to be paid, held against what the charges of bills say. Pure."""

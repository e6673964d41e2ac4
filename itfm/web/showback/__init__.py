"""Showback: what each cost center cost, why, and the monthly letter that says so."""

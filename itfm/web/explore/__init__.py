"""Explore: any question about costs, as a chart and a table from one answer, down to bill lines."""

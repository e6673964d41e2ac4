"""Naming raw columns that a file may lack. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.focus.expressions import quoted


@dataclass(frozen=True)
class Fields:
    """The raw columns that there are."""

    names: frozenset[str]

    def text(self, name: str) -> str:
        """Return a column as text, null where there is none."""
        return quoted(name) if name in self.names else "NULL::VARCHAR"

    def number(self, name: str) -> str:
        """Return a column as a number, null where there is none."""
        return quoted(f"n_{name}") if name in self.names else "NULL::DECIMAL(38,18)"

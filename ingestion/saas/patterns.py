"""Services of a provider that names too many products to list: known by patterns of their names. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.focus.expressions import literal
from ingestion.focus.services import Service


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Services by regular expression, in the order in which they are tried.

    What none matches keeps its own name, under the category that all products of the provider share.
    """

    services: tuple[tuple[str, Service], ...]
    category: str
    subcategory: str

    def columns(self, product: str, *, own_name: str) -> dict[str, str]:
        """Return the expressions of a row's service, of the expressions of its product and that one's own name."""
        named = [(pattern, one.name, one.category, one.subcategory) for pattern, one in self.services]
        key = f"lower({product})"
        return {
            "service_name": _first(key, {row[0]: row[1] for row in named}, otherwise=own_name),
            "service_category": _first(key, {row[0]: row[2] for row in named}, otherwise=literal(self.category)),
            "service_subcategory": _first(key, {row[0]: row[3] for row in named}, otherwise=literal(self.subcategory)),
        }


def read_patterns(table: str, *, category: str, subcategory: str) -> Patterns:
    """Return the services of a table, `pattern | name | category | subcategory`, and the category of all others.

    A pattern stands without spaces around its own bars.
    """
    lines = ([cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines())
    services = tuple((pattern, Service(name, *pair)) for pattern, name, *pair in lines)
    return Patterns(services=services, category=category, subcategory=subcategory)


def _first(key: str, answers: dict[str, str], *, otherwise: str) -> str:
    cases = (f"WHEN regexp_matches({key}, {literal(pattern)}) THEN {literal(one)}" for pattern, one in answers.items())
    return f"CASE {' '.join(cases)} ELSE {otherwise} END"

"""From the rows of a file to purchase orders: all of them, or what is wrong with each cell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.payables.layouts import ORDERS
from ingestion.payables.order_facts import OrderFacts, OrderKey, order_problems
from ingestion.payables.reading import Cells, read_sheet


@dataclass(frozen=True, kw_only=True)
class OrderFile:
    """The orders of a file and the fields it has columns for; with problems there are none."""

    orders: tuple[OrderFacts, ...] = ()
    columns: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()


def orders_of(name: str, titles: Sequence[str], rows: Iterable[Cells]) -> OrderFile:
    """Return the purchase orders of a file's rows, in their order; empty rows are passed over."""
    sheet, read = read_sheet(name, titles, rows, layout=ORDERS, one="order")
    first: dict[OrderKey, int] = {}
    found = []
    for row, fields in read:
        facts = OrderFacts(**fields)
        known = first.setdefault(facts.key, row)
        if known != row:
            stands = f"'{facts.number[:60]}' of this vendor stands in row {known} already."
            sheet.complain(row, "number", f"{stands} Keep one row, with the amount of the whole order.")
        for field, message in order_problems(facts):
            sheet.complain(row, field, f"it {message}")
        found.append(facts)
    if sheet.problems:
        return OrderFile(problems=sheet.told())
    return OrderFile(orders=tuple(found), columns=frozenset(sheet.places))

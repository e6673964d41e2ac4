"""Holding the lines of one invoice against its charges. Pure.

Lines and charges meet by InvoiceDetailId; where no charge carries one, by ChargeCategory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ingestion.payables.facts import TAX, InvoiceLine, Status
from ingestion.payables.reconciling import difference_state
from ingestion.payables.tolerance import tolerance
from itfm.core.money import CONTEXT, total

LineState = Literal[
    "matches", "within_tolerance", "differs", "no_charges", "no_line", "not_held", "not_issued", "voided"
]
"""`not_held`: tax, which may differ by anything; `no_line`: charges that the invoice does not have."""


@dataclass(frozen=True, kw_only=True)
class DetailSum:
    """Charges of an invoice that are alike in their line and category; '' where they name none."""

    detail_id: str
    charge_category: str
    billed_cost: Decimal
    charge_count: int


@dataclass(frozen=True, kw_only=True)
class LineReconciliation:
    """Lines of an invoice that have the same key beside their charges; None where one side has none."""

    key: str
    charge_category: str
    description: str
    amount: Decimal | None
    ours: Decimal | None
    charge_count: int
    tolerance: Decimal
    state: LineState

    @property
    def difference(self) -> Decimal:
        """What the charges have more than the lines."""
        return CONTEXT.subtract(self.ours or Decimal(0), self.amount or Decimal(0))


def is_by_detail(charges: Sequence[DetailSum]) -> bool:
    """Return whether charges, if there are any, name the lines they belong to."""
    return not charges or any(one.detail_id for one in charges)


def reconcile_lines(
    lines: Sequence[InvoiceLine], charges: Sequence[DetailSum], *, currency: str, status: Status
) -> tuple[LineReconciliation, ...]:
    """Return the lines beside their charges, in the order of the invoice; charges without a line come last."""
    key: Callable[[InvoiceLine | DetailSum], str] = _detail if is_by_detail(charges) else _category
    grouped: dict[str, tuple[list[InvoiceLine], list[DetailSum]]] = defaultdict(lambda: ([], []))
    for line in lines:
        grouped[key(line)][0].append(line)
    for one in sorted(charges, key=key):
        grouped[key(one)][1].append(one)
    return tuple(_row(name, *both, currency=currency, status=status) for name, both in grouped.items())


def _detail(one: InvoiceLine | DetailSum) -> str:
    return one.detail_id


def _category(one: InvoiceLine | DetailSum) -> str:
    return one.charge_category


def _row(
    key: str, lines: Sequence[InvoiceLine], charges: Sequence[DetailSum], *, currency: str, status: Status
) -> LineReconciliation:
    categories = sorted({one.charge_category for one in (lines or charges)})
    count = sum(one.charge_count for one in charges)
    amount = total(one.amount for one in lines) if lines else None
    ours = total(one.billed_cost for one in charges) if charges else None
    limit = tolerance(currency, rows=count)
    return LineReconciliation(
        key=key,
        charge_category=", ".join(categories),
        description=next((one.description for one in lines if one.description), ""),
        amount=amount,
        ours=ours,
        charge_count=count,
        tolerance=limit,
        state=_state(amount, ours, status=status, is_tax=categories == [TAX], limit=limit),
    )


def _state(amount: Decimal | None, ours: Decimal | None, *, status: Status, is_tax: bool, limit: Decimal) -> LineState:
    if status != "issued":
        return "not_issued" if status == "open" else "voided"
    difference = CONTEXT.subtract(ours or Decimal(0), amount or Decimal(0))
    if is_tax and difference:
        return "not_held"
    if amount is None:
        return "no_line"
    return "no_charges" if ours is None else difference_state(difference, limit=limit)

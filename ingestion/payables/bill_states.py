"""How final the total of a bill is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ingestion.payables.facts import Status

BillState = Literal["estimated", "invoiced", "trued_up"]


@dataclass(frozen=True, kw_only=True)
class CoveringInvoice:
    """An invoice that charges of the bill belong to."""

    status: Status
    issue_date: date | None
    ties_out: bool


def bill_state(
    invoices: Sequence[CoveringInvoice],
    *,
    is_over: bool,
    has_unknown_numbers: bool,
    restated_on: date | None,
    has_corrections: bool,
) -> BillState:
    """Return how final a bill's total is.

    | the bill                                                                              | is          |
    |---------------------------------------------------------------------------------------|-------------|
    | of a period that is not over, without an invoice, or with charges not invoiced yet    | `estimated` |
    | whose charges belong to issued invoices                                               | `invoiced`  |
    | that was delivered again after all of them were issued, and still ties out with each, | `trued_up`  |
    | or that later bills correct                                                           | `trued_up`  |

    :param invoices: those that charges of the bill belong to; voided ones are none.
    :param has_unknown_numbers: whether charges carry the number of an invoice that is not known, or was voided.
    :param restated_on: when the delivery in force came; None where it is the first one.
    :param has_corrections: whether a later bill of the source holds corrections of this one's period.
    """
    if not is_over or not invoices or has_unknown_numbers or any(one.status != "issued" for one in invoices):
        return "estimated"
    if has_corrections:
        return "trued_up"
    issued = [one.issue_date for one in invoices if one.issue_date]
    if restated_on is None or len(issued) < len(invoices) or restated_on <= max(issued):
        return "invoiced"
    return "trued_up" if all(one.ties_out for one in invoices) else "invoiced"


def state_of_sum(states: Collection[BillState]) -> BillState:
    """Return how final a sum over bills is: it may still change as long as one of them may.

    :raises ValueError: there are no bills.
    """
    if not states:
        raise ValueError("A sum over no bills has no state.")
    if "estimated" in states:
        return "estimated"
    return "trued_up" if "trued_up" in states else "invoiced"

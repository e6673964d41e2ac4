"""When a contract is invoiced, and for how much. Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from ingestion.amortization.calendar import month_after
from ingestion.amortization.straight_line import shares
from itfm.core.currencies import decimals_of

SCHEDULES: Final = {"monthly": 1, "quarterly": 3, "annually": 12}
"""Months from one invoice to the next."""
UPFRONT: Final = "upfront"
CUSTOM: Final = "custom"


def installments(amount: int, *, start: date, end: date, every: int, currency: str) -> list[tuple[date, int]]:
    """Return the invoices of a term, each on the first day of what it is for; `end` is exclusive.

    A term of whole periods is invoiced in equal parts, any other by the days of each. Invoices have as many decimals as
    the currency, what is left is in the last one.
    """
    days, number = [start], 1
    while (day := month_after(start, months=number * every)) < end:
        days.append(day)
        number += 1
    is_whole = day == end
    ends = [*days[1:], end]
    weights = [1 if is_whole else (until - since).days for since, until in zip(days, ends, strict=True)]
    amounts = shares(amount, weights, whole=sum(weights), decimals=decimals_of(currency))
    return list(zip(days, amounts, strict=True))

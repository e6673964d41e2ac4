"""Billing periods and days of bills whose rows tell a date, and whose months are those of the calendar in UTC. Pure."""

from __future__ import annotations

from datetime import date
from typing import Final

from ingestion.focus.expressions import quoted
from ingestion.normalize.checks import period_check
from ingestion.normalize.plan import DerivedColumn, EntryCheck
from itfm.core.periods import next_period

MONTH: Final = "x_month"
"""The derived column of a row's month, such as 2026-10; it belongs to the plan's key."""


def month_range(month: date) -> tuple[date, date]:
    """Return the first day of a month, and that of the next."""
    return month.replace(day=1), next_period(month)


def month_of(column: str, *, title: str) -> DerivedColumn:
    """Return the month of a raw column that holds dates such as 2026-10-05, or moments of such."""
    return DerivedColumn(name=MONTH, title=title, sql=f"left({quoted(column)}, 7)")


def month_entries() -> dict[str, str]:
    """Return the expressions of the billing period."""
    start = f"try_strptime({MONTH}, '%Y-%m')"
    return {
        "billing_period": f"CAST({start} AS DATE)",
        "billing_period_start": start,
        "billing_period_end": f"{start} + INTERVAL 1 MONTH",
    }


def day_rows(column: str) -> dict[str, str]:
    """Return the expressions of a charge period that is the day of a raw date column."""
    start = f"date_trunc('day', {quoted(f't_{column}')})"
    return {"charge_period_start": start, "charge_period_end": f"{start} + INTERVAL 1 DAY"}


def month_check(title: str) -> EntryCheck:
    """Return the check that a row's date is one."""
    return period_check(MONTH, words=f"{title} begins with {{value}}, not with a year and month such as 2026-10.")

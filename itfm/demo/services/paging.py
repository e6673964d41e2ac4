"""Reports of days, and pages of days and lists, as the admin APIs of AI providers tell them. Pure but for its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

import numpy as np

from itfm.core.periods import period_name
from itfm.demo.other_bill import Control
from itfm.demo.services.asked import Asked, Data, RefusedError
from itfm.demo.services.tokens import NANO_DIGITS, Account, Used, used
from itfm.demo.usage import Month

MOST_DAYS: Final = 16
"""Days in one page, so that a month takes two."""
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2100, 1, 1)
TOKEN: Final = "page_"  # noqa: S105 - how a cursor begins


def day_of(text: str) -> date:
    """Return the day that a moment such as 2026-10-05T00:00:00Z begins with.

    :raises RefusedError: it is none.
    """
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise RefusedError(400, f"'{text[:40]}' is no date.") from error


def page_of_days(asked: Asked, *, first: date, end: date) -> tuple[list[date], str | None]:
    """Return the days of the page that is asked for, of those from `first` to before `end`, and the next page's cursor.

    :raises RefusedError: something else than days is asked for.
    """
    if asked.one("bucket_width") != "1d" or not EARLIEST <= first < end <= LATEST:
        raise RefusedError(400, "Ask for buckets of a day, from a start to a later end.")
    cursor = asked.one("page").removeprefix(TOKEN)
    start = max(first, day_of(cursor)) if cursor else first
    size = min(MOST_DAYS, max(1, asked.number("limit", 7)))
    following = min(end, start + timedelta(days=size))
    days = [start + timedelta(days=number) for number in range((following - start).days)]
    return days, f"{TOKEN}{following}" if following < end else None


def write_months(
    data: Data,
    accounts: Sequence[Account],
    calendar: Sequence[Month],
    *,
    seed: Sequence[int],
    reports: Mapping[str, Callable[[Used], Iterable[Any]]],
) -> dict[str, Control]:
    """Write the reports of what accounts use in each month, by day, and return what each month comes to."""
    totals = {}
    for month in calendar:
        random = np.random.default_rng([*seed, month.first_day.year, month.first_day.month])
        days = list(used(accounts, month, random))
        name = period_name(month.first_day)
        data.keep(name, {report: by_day(days, results) for report, results in reports.items()})
        billed = Decimal(sum(one.nano(kind) for one in days for kind in one.tokens)).scaleb(-NANO_DIGITS)
        totals[name] = Control(billed, billed)
    return totals


def by_day(days: Iterable[Used], results: Callable[[Used], Iterable[Any]]) -> dict[str, list[Any]]:
    """Return the results of each day's use, by day."""
    found: dict[str, list[Any]] = {}
    for one in days:
        found.setdefault(one.day.isoformat(), []).extend(results(one))
    return found


def buckets_of(data: Data, report: str, *, days: Sequence[date]) -> dict[str, list[Any]]:
    """Return the results of a report by day, of the months that the days are in."""
    found: dict[str, list[Any]] = {}
    for name in sorted({period_name(day) for day in days}):
        found |= (data.document(name) or {}).get(report, {})
    return found


def page_of_list(asked: Asked, every: Sequence[Any], *, cursor: str) -> dict[str, Any]:
    """Return the part of a list that is asked for, after the entry whose id the cursor names."""
    after = asked.one(cursor)
    start = next((number + 1 for number, one in enumerate(every) if one["id"] == after), 0)
    page = every[start : start + max(1, asked.number("limit", 20))]
    return {
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": start + len(page) < len(every),
    }

"""When the letters of a month are due: on a business day of the month after, at an hour of a time zone. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from itfm.core.periods import next_period, previous_period

MOST_BUSINESS_DAYS = 15
"""Every month has more weekdays than that."""


def due_at(period: date, *, business_day: int, hour: int, time_zone: str) -> datetime:
    """Return the moment the letters of a period are due, in UTC.

    Business days are Mondays to Fridays. Where a clock change skips the hour, it is the moment after the gap by as
    much; where the hour shows twice, the first counts.
    """
    day = next_period(period) - timedelta(days=1)
    for _ in range(business_day):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return datetime.combine(day, time(hour), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def newest_due(at: datetime, *, business_day: int, hour: int, time_zone: str) -> date:
    """Return the newest period whose letters are due."""
    today = at.astimezone(ZoneInfo(time_zone)).date()
    period = date(today.year, today.month, 1)
    while due_at(period, business_day=business_day, hour=hour, time_zone=time_zone) > at:
        period = previous_period(period)
    return period


def next_due(at: datetime, *, business_day: int, hour: int, time_zone: str) -> tuple[date, datetime]:
    """Return the next period whose letters will be due, and when."""
    period = next_period(newest_due(at, business_day=business_day, hour=hour, time_zone=time_zone))
    return period, due_at(period, business_day=business_day, hour=hour, time_zone=time_zone)

"""When a source is to be pulled next. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

RETRY_DELAYS = (timedelta(minutes=1), timedelta(minutes=10))
"""How long a failed attempt waits before the second and the third; after that the run is given up."""


def next_pull(pull_time: time, *, time_zone: str, after: datetime) -> datetime:
    """Return the first moment later than `after` at which clocks of the zone show `pull_time`, in UTC.

    Where a clock change skips that time, it is the moment of the change; where it shows twice, the first counts.
    """
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    while True:
        # A time that does not exist maps, through UTC, to the moment after the gap by as much.
        moment = datetime.combine(day, pull_time, tzinfo=zone).astimezone(UTC)
        if moment > after:
            return moment
        day += timedelta(days=1)


def retry_at(attempts: int, *, now: datetime) -> datetime | None:
    """Return when to try again after so many attempts; None when to give up."""
    return now + RETRY_DELAYS[attempts - 1] if attempts <= len(RETRY_DELAYS) else None

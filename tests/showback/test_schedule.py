"""Letters are due on a business day at an hour of a zone, across month ends, leap days and clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from showback.schedule import due_at, newest_due, next_due


@pytest.mark.parametrize(
    ("period", "business_day", "zone", "expected"),
    [
        # November 2026 begins on a Sunday: its first weekdays are the 2nd, 3rd and 4th.
        (date(2026, 10, 1), 1, "UTC", datetime(2026, 11, 2, 9, tzinfo=UTC)),
        (date(2026, 10, 1), 3, "UTC", datetime(2026, 11, 4, 9, tzinfo=UTC)),
        (date(2026, 10, 1), 6, "UTC", datetime(2026, 11, 9, 9, tzinfo=UTC)),
        (date(2026, 10, 1), 1, "America/New_York", datetime(2026, 11, 2, 14, tzinfo=UTC)),
        (date(2026, 10, 1), 1, "Pacific/Auckland", datetime(2026, 11, 1, 20, tzinfo=UTC)),
        (date(2026, 12, 1), 1, "UTC", datetime(2027, 1, 1, 9, tzinfo=UTC)),
        (date(2028, 1, 1), 1, "UTC", datetime(2028, 2, 1, 9, tzinfo=UTC)),
        (date(2028, 2, 1), 1, "Asia/Kolkata", datetime(2028, 3, 1, 3, 30, tzinfo=UTC)),
    ],
)
def test_the_moment_is_the_hour_of_the_business_day_in_the_zone(period, business_day, zone, expected):
    assert due_at(period, business_day=business_day, hour=9, time_zone=zone) == expected


def test_an_hour_that_a_clock_change_skips_comes_after_the_gap():
    # Cairo's clocks went from 00:00 to 01:00 on Friday 26 April 2024, the twentieth weekday of that April.
    due = due_at(date(2024, 3, 1), business_day=20, hour=0, time_zone="Africa/Cairo")

    assert due.astimezone(ZoneInfo("Africa/Cairo")).strftime("%Y-%m-%d %H:%M") == "2024-04-26 01:00"


def test_the_newest_period_due_is_the_one_before_until_the_very_moment():
    wanted = {"business_day": 3, "hour": 9, "time_zone": "UTC"}
    moment = datetime(2026, 11, 4, 9, tzinfo=UTC)

    assert newest_due(moment, **wanted) == date(2026, 10, 1)
    assert newest_due(moment - timedelta(seconds=1), **wanted) == date(2026, 9, 1)
    assert next_due(moment - timedelta(seconds=1), **wanted) == (date(2026, 10, 1), moment)


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns", "Europe/Berlin", "UTC"]
)
def test_every_period_becomes_due_exactly_once_and_in_order(zone):
    at, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2032, 12, 31, tzinfo=UTC)
    seen = []
    while at < end:
        period = newest_due(at, business_day=5, hour=7, time_zone=zone)
        if not seen or seen[-1] != period:
            seen.append(period)
        at += timedelta(hours=24)

    months = [date(year, month, 1) for year in range(2023, 2033) for month in range(1, 13)]
    assert seen == months[months.index(seen[0]) : months.index(seen[-1]) + 1]
    assert len(seen) > 105

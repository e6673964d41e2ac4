"""Nightly pulls, also in nights when clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.schedule import next_pull, retry_at


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("UTC", utc(2026, 10, 1, 2, 59), utc(2026, 10, 1, 3)),
        ("UTC", utc(2026, 10, 1, 3), utc(2026, 10, 2, 3)),
        ("America/New_York", utc(2026, 7, 1, 0), utc(2026, 7, 1, 7)),
        ("America/New_York", utc(2026, 12, 1, 0), utc(2026, 12, 1, 8)),
        ("Pacific/Auckland", utc(2026, 12, 31, 13), utc(2026, 12, 31, 14)),
    ],
)
def test_a_source_is_pulled_at_its_own_clocks_time(zone, after, expected):
    assert next_pull(time(3), time_zone=zone, after=after) == expected


def test_a_time_that_a_clock_change_skips_is_not_lost():
    # On 29 March 2026 clocks in Berlin go from 02:00 to 03:00.
    pull = next_pull(time(2, 30), time_zone="Europe/Berlin", after=utc(2026, 3, 28, 12))

    assert pull == utc(2026, 3, 29, 1, 30)


def test_a_time_that_shows_twice_pulls_once():
    # On 25 October 2026 clocks in Berlin show 02:30 twice.
    first = next_pull(time(2, 30), time_zone="Europe/Berlin", after=utc(2026, 10, 24, 12))
    second = next_pull(time(2, 30), time_zone="Europe/Berlin", after=first)

    assert (first, second) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 26, 1, 30))


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"]


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31)),
    st.times(),
    st.sampled_from(ZONES),
)
def test_pulls_are_about_a_day_apart_and_always_later(after, pull_time, zone):
    after = after.replace(tzinfo=UTC)
    pull_time = pull_time.replace(tzinfo=None)

    first = next_pull(pull_time, time_zone=zone, after=after)
    second = next_pull(pull_time, time_zone=zone, after=first)

    assert after < first <= after + timedelta(hours=49)
    assert timedelta(hours=22) < second - first < timedelta(hours=26)
    assert first.astimezone(ZoneInfo(zone)).date() < second.astimezone(ZoneInfo(zone)).date()


def test_a_failed_import_is_tried_three_times_and_then_given_up():
    now = utc(2026, 10, 1)

    assert [retry_at(attempts, now=now) for attempts in (1, 2, 3)] == [
        now + timedelta(minutes=1),
        now + timedelta(minutes=10),
        None,
    ]

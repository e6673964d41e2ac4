"""Which texts the fast reading of date-times may be trusted with, and numbers in JSON."""

import duckdb
import pytest

from ingestion.focus.expressions import ODD_MOMENT, exact_json, lenient_moment, literal, moment
from tests import duck

PLAIN = (
    "2026-10-01T00:00:00Z",
    "2026-10-01 05:30:00",
    "2026-10-01",
    "2026-10-01 05:30:00 UTC",
    "2026-10-01 05:30:00.25 UTC",
    "2026-10-01T05:30:00+00:00",
    "2026-10-01 05:30:00+00",
)
ODD = (
    "2026-10-01T05:30:00+02:00",
    "2026-10-01T05:30:00-02:00",
    "2026-10-01T05:30:00+00:30",
    "2026-10-01T05:30:00+01",
    "2026-10-01T05:30:00+",
    "2026-10-01T05:30:00+0",
    "2026-10-01T05:30:00+00:",
    "2026-10-01T05:30:00+00:0",
    "2026-10-01T05:30:00+0030",
    "2026-10-01T05:30:00+00:0030",
    "2026-10-01 05:30:00UTC",
    "2026-10-01 05:30:00 UT",
    "2026-10-01 05:30:00 UTC+2",
    "2026-10-01 05:30:00 U",
    "2026-10-01 05:30:00 CET",
    "2026-10-01 05:30:00 TC",
    "01/10/2026",
    "free",
)


def answer(expression: str) -> object:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(f"SELECT {expression}").fetchone()[0]


def is_odd(*texts: str) -> object:
    return answer(f"regexp_matches({literal('|'.join(texts))}, {literal(ODD_MOMENT)})")


@pytest.mark.parametrize("text", PLAIN)
def test_plain_date_times_in_utc_are_read_fast_as_the_exact_way_reads_them(text):
    assert is_odd(text) is False
    assert is_odd(text, text) is False
    assert answer(moment(literal(text))) == answer(lenient_moment(literal(text)))
    assert answer(moment(literal(text))) is not None


@pytest.mark.parametrize("text", ODD)
def test_all_others_are_found_beside_plain_ones(text):
    assert is_odd(text) is True
    assert is_odd(PLAIN[0], text) is True
    assert is_odd(text, PLAIN[3]) is True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 0.123456789012345678}', "0.123456789012345678"),
        ('{"b": {"x": 1}, "a":-12345678901234567.12}', "-12345678901234567.12"),
        ('{"a": 1.2345678901234567e-2, "b": 5}', "1.2345678901234567e-2"),
        ('{"a": "0.10000000000000001"}', "0.10000000000000001"),
        ('{"a": "so \\"b\\": 5 of 1234567890123456"}', 'so "b": 5 of 1234567890123456'),
        ('{"a": 1.5}', "1.5"),
    ],
)
def test_numbers_of_json_keep_all_their_digits(text, value):
    found = duck.rows(f"SELECT json_extract_string({exact_json('$1')}, '$.a')", [text])

    assert found == [(value,)]

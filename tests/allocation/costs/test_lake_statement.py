"""The largest combinations over the files of runs, against sums made in plain Python: ties, limits, two currencies."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.costs.lake_rows import GROUPS, MONTHS, SEGMENTS
from allocation.costs.lake_statement import COMPARED, LakeStatement
from allocation.costs.query import CostQuery
from allocation.selectors import EVERYTHING

AUGUST, SEPTEMBER, OCTOBER = (date(2026, month, 1) for month in (8, 9, 10))
TEAMS = ("Payments", "Search", None)
# Few amounts of either sign, so that many combinations cost the same.
ROWS = st.lists(
    st.tuples(
        st.sampled_from([AUGUST, SEPTEMBER, OCTOBER]),
        st.sampled_from(["EUR", "USD"]),
        st.sampled_from(TEAMS),
        st.sampled_from(["EC2", "S3", None]),
        st.sampled_from([Decimal(-1), Decimal(0), Decimal("0.000000000000000001"), Decimal(1)]),
    ),
    max_size=25,
)


def write(folder, rows):
    """Write the files of a run whose segments are numbered as no other run's are."""
    folder.mkdir()
    shift = folder.name.count("1")
    numbers = {team: (number + shift) % len(TEAMS) for number, team in enumerate(TEAMS)}
    database = duckdb.connect()
    others = ", ".join(f"{name} VARCHAR" for name in GROUPS)
    database.execute(
        f"CREATE TABLE months (segment_id INTEGER, billing_currency VARCHAR, {others}, effective_cost DECIMAL(38, 18))"
    )
    for _, currency, team, service, cost in rows:
        database.execute(
            "INSERT INTO months (segment_id, billing_currency, service_name, effective_cost) VALUES (?, ?, ?, ?)",
            [numbers[team], currency, service, cost],
        )
    database.execute("CREATE TABLE segments (segment_id INTEGER, dimension_values VARCHAR)")
    for team, number in numbers.items():
        database.execute("INSERT INTO segments VALUES (?, ?)", [number, json.dumps({"team": team} if team else {})])
    database.execute(f"COPY months TO '{folder / MONTHS}' (FORMAT parquet)")
    database.execute(f"COPY segments TO '{folder / SEGMENTS}' (FORMAT parquet)")


def naive(rows, *, limit, buckets):
    """Return (currency, place, combinations, groups, bucket) with its sum; August is what is compared with."""
    costs = defaultdict(lambda: defaultdict(Decimal))
    for period, currency, team, service, cost in rows:
        bucket = COMPARED if period == AUGUST else min((SEPTEMBER, OCTOBER).index(period), buckets - 1)
        costs[currency, team, service][bucket] += cost

    def rank(key):
        found = costs[key]
        total = sum(cost for bucket, cost in found.items() if bucket != COMPARED)
        return (key[0], -abs(total), -abs(found.get(COMPARED, 0)), *((name is None, name or "") for name in key[1:]))

    told = {}
    for currency, keys in groupby(sorted(costs, key=rank), key=lambda key: key[0]):
        ranked = list(keys)
        for place, key in enumerate(ranked, start=1):
            at = min(place, limit + 1)
            count, groups = (1, key[1:]) if place <= limit else (len(ranked) - limit, (None, None))
            for bucket, cost in costs[key].items():
                told[currency, at, count, *groups, bucket] = told.get((currency, at, count, *groups, bucket), 0) + cost
    return told


@settings(deadline=None, max_examples=60)
@given(ROWS, st.integers(1, 10), st.sampled_from(["month", "total"]))
def test_the_largest_combinations_are_those_of_a_naive_sum(rows, limit, granularity):
    options = {"by": ("team", "service_name"), "compare": "previous", "limit": limit, "granularity": granularity}
    query = CostQuery(first=SEPTEMBER, last=OCTOBER, **options)
    buckets = (SEPTEMBER, OCTOBER) if granularity == "month" else (SEPTEMBER,)
    with TemporaryDirectory() as name:
        folders = {period: Path(name, str(period)) for period in (AUGUST, SEPTEMBER, OCTOBER)}
        for period, folder in folders.items():
            write(folder, [row for row in rows if row[0] == period])
        statement = LakeStatement(query, folders, buckets=buckets, visibility=EVERYTHING)
        with duckdb.connect() as database:
            found = database.execute(statement.text(), statement.values).fetchall()

    told = {tuple(row[:-1]): row[-1] for row in found}
    # A bucket without costs at a place is absent, or zero.
    expected = naive(rows, limit=limit, buckets=len(buckets))
    assert {key: cost for key, cost in told.items() if cost} == {key: cost for key, cost in expected.items() if cost}
    assert {key[:-1] for key in told} == {key[:-1] for key in expected}
    assert [row[:2] for row in found] == sorted(row[:2] for row in found)

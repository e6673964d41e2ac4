"""Milliseconds until a figure of a month with a ledger of half a million rows is taken apart.

    python -m benchmarks.explain [--charges N] [--rounds N]

The month is the one of `benchmarks.allocation`. Each round opens the run's files anew, as a request does, and asks for
parts, shares, receivers, pools, rules and the largest bill lines; what the page asks of Postgres is not in it. The bar
is for one team; the whole organization is shown beside it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import allocation as month
from benchmarks import shapes

if TYPE_CHECKING:
    from allocation.explain.slices import Slice

MOST_MILLISECONDS = 300


def main() -> int:
    """Print the figures; the exit code says whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    told = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itfm.settings")
    os.environ.setdefault("ITFM_DEVELOPMENT", "1")
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bill = month.written_bill(folder, rows=told.charges)
        month.in_process("--bill", str(bill), "--import-to", str(folder))
        month.in_process("--allocate", str(folder))
        return report(folder, rounds=told.rounds)


def report(folder: Path, *, rounds: int) -> int:
    """Measure and print; return 1 when the bar is missed or parts do not sum up."""
    from allocation.costs.query import Filter
    from allocation.explain.slices import Slice

    team = Slice(period=shapes.MONTH, currency="USD", filters=(Filter(name="team", values=("team-3",)),))
    whole = Slice(period=shapes.MONTH, currency="USD")
    passes = True
    for label, wanted, bar in (("one team", team, MOST_MILLISECONDS), ("the whole organization", whole, None)):
        found = [explained(folder, wanted) for _ in range(rounds)]
        median = statistics.median(milliseconds for milliseconds, _, _ in found)
        slowest = max(milliseconds for milliseconds, _, _ in found)
        _, rows, is_exact = found[0]
        met = is_exact and (bar is None or median <= bar)
        passes = passes and met
        print(
            f"{label}: {rows:,} ledger rows, median {median:.0f} ms, slowest {slowest:.0f} ms"
            f"{f' (at most {bar})' if bar else ''}, parts {'sum up' if is_exact else 'DO NOT SUM UP'}"
            f"{'' if bar is None else ': PASS' if met else ': FAIL'}"
        )
    return 0 if passes else 1


def explained(folder: Path, wanted: Slice) -> tuple[float, int, bool]:
    """Return milliseconds, rows in the slice, and whether moves and rules sum to the parts."""
    from allocation.engine.backends.duckdb import DuckDB, connect
    from allocation.engine.inputs import Revision
    from allocation.engine.relations import DIRECT, IN
    from allocation.engine.run_files import files_of
    from allocation.explain.ledger import LedgerSlice
    from allocation.selectors import EVERYTHING
    from itfm.core import money

    (daily,) = (folder / "bills").rglob("daily.parquet")
    revision = Revision("aws", "1", daily, daily.with_name("attribute_sets.parquet"))
    dimensions = ["team"] * len(shapes.POOLS)
    started = time.perf_counter()
    reads = [daily, daily.with_name("charges.parquet"), *files_of(folder / "run")]
    with connect(DuckDB(memory_limit="512MB", threads=2), reads=reads, writes=folder / "spill") as connection:
        ledger = LedgerSlice(connection, folder=folder / "run", wanted=wanted, visibility=EVERYTHING)
        parts = ledger.parts()
        moved, _, _ = ledger.moved_in(dimensions), ledger.moved_out(dimensions), ledger.pools(dimensions)
        caught = ledger.caught([revision])
        ledger.largest_lines([revision], limit=20)
    milliseconds = (time.perf_counter() - started) * 1000
    came_in = money.total(part.amount for part in parts if part.entry == IN)
    own = money.total(part.amount for part in parts if part.entry == DIRECT)
    is_exact = money.total(one.amount for one in moved) == came_in and money.total(one.cost for one in caught) == own
    return milliseconds, sum(part.row_count for part in parts), is_exact


if __name__ == "__main__":
    raise SystemExit(main())

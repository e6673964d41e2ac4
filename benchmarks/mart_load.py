"""CPU seconds of loading a month's mart into Postgres, against a bare COPY of its rows into a table without a key.

    python -m benchmarks.mart_load [--charges N] [--shape customers] [--rounds N]

Loading is what puts rows in the place of those of the run before: COPY, the rows under their policies and with their
index, and the end of those that stood there. The processor time is that of this process and of the sessions of
Postgres, which must run on this machine. What a run does besides, to write the rows from the ledger and its sums by
day, is shown beside it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.allocation import add_month_options, cpu_seconds, imported_month
from benchmarks.incremental import deliver, publish, session_seconds, started_organization, with_postgres
from benchmarks.shapes import MONTH, SHAPES, Shape

MOST = 2.0
"""Times the bare COPY."""


def main() -> int:
    """Print the table; the exit code says whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_month_options(parser)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.inside:
        return measure(told.inside, shape=SHAPES[told.shape], rounds=told.rounds)
    with imported_month(told) as folder:
        return with_postgres(
            "benchmarks.mart_load", "--inside", str(folder), "--shape", told.shape, "--rounds", str(told.rounds)
        )


def measure(folder: Path, *, shape: Shape, rounds: int) -> int:
    """Allocate once, then load its rows in both ways; take the best of each."""
    organization = started_organization()

    from django.db import connection, transaction

    from allocation.services import allocate, mart
    from itfm.core import lake
    from itfm.core.tenancy import tenant

    (daily,) = (folder / "bills").rglob("daily.parquet")
    deliver(organization, daily, restated=False)
    publish(organization, shape)
    run = allocate(organization.id, period=MONTH)
    if run is None:
        raise RuntimeError("Another worker is at this period.")
    files = lake.organization_folder(organization.id) / run.folder
    columns = ", ".join(mart.COLUMNS)
    with tempfile.TemporaryDirectory() as name, tenant(organization.id):
        rows = Path(name) / "mart.csv"
        segments = mart.segment_ids(organization.id, files / "segments.parquet")

        def bare() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"CREATE TEMP TABLE bare AS SELECT {columns} FROM {mart.MART} WITH NO DATA")
                with cursor.copy(f"COPY bare ({columns}) FROM STDIN (FORMAT csv, NULL '')") as copy:
                    copy.write(rows.read_bytes())
                cursor.execute("DROP TABLE bare")

        def load() -> None:
            mart.load_rows(run, rows, parts=None)

        work: dict[str, Callable[[], None]] = {
            "write the rows from the ledger": lambda: mart.write_rows(files, segments=segments, to=rows, parts=None),
            "bare COPY": bare,
            "load the mart": load,
            "write its sums by day": lambda: mart.write_days(
                files, segments=segments, to=Path(name) / "days.csv", parts=None
            ),
        }
        took = {label: min(spent(one) for _ in range(rounds)) for label, one in work.items()}
        count = sum(1 for _ in rows.open("rb"))
    return report(took, rows=count)


def spent(work: Callable[[], None]) -> float:
    """Return the CPU seconds that some work took here and in Postgres."""
    before = cpu_seconds() + session_seconds()
    work()
    return cpu_seconds() + session_seconds() - before


def report(took: dict[str, float], *, rows: int) -> int:
    """Print the table and return 1 when the bar is missed."""
    bare = took["bare COPY"]
    print(f"{rows:,} rows of the mart\n{'work':<34}{'CPU s':>8}{'x COPY':>9}")
    for label, seconds in took.items():
        print(f"{label:<34}{seconds:>8.2f}{seconds / bare:>9.2f}")
    ratio = took["load the mart"] / bare
    print(f"{'PASS' if ratio <= MOST else 'FAIL'}: {ratio:.2f} times a bare COPY (at most {MOST:g})")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())

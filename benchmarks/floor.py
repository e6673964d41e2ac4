"""CPU seconds of allocating a month, against the floor: its four cost columns summed by day, account and service.

    python -m benchmarks.floor [--charges N] [--shape customers] [--rounds N]

The floor is DuckDB's sum over the same month, once over the charges of the bill and once over the daily sums and
attribute sets that a run reads instead of them; Polars and pandas sum the charges beside it. All are exact, have two
threads and run in processes of their own, whose start does not count. Allocating is classifying, splitting, adding up
and proving the month of `benchmarks.allocation`. The bar is the floor over the charges.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.allocation import COSTS, Found, add_month_options, imported_month, in_process, peak_mib, timed
from benchmarks.shapes import DAYS

MOST = 4.0
"""Times the floor."""
THREADS: Final = 2
DAY: Final = "charge_period_start"
NAMES: Final = ("sub_account_id", "service_name")


def main() -> int:
    """Print the table; the exit code says whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_month_options(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sum", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--by", default="DuckDB", choices=list(TOOLS), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.sum:
        print(json.dumps(summed(TOOLS[told.by], told.sum)))
        return 0
    with imported_month(told) as folder:
        allocating = ("--allocate", str(folder), "--shape", told.shape)
        runs = [Found(**json.loads(in_process(*allocating))) for _ in range(told.rounds)]
        (charges,) = (folder / "bills").rglob("charges.parquet")
        sums = {tool: best_of(tool, charges, rounds=told.rounds) for tool in TOOLS}
    return report(min(runs, key=lambda one: one.allocate[0]), sums)


Took = tuple[float, float, int]
"""CPU seconds, seconds, and the most memory in MiB."""


def best_of(tool: str, charges: Path, *, rounds: int) -> Took:
    """Return what the best of some sums took, each in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.floor", "--by", tool, "--sum", str(charges)]
    environment = {**os.environ, "POLARS_MAX_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}
    found = []
    for _ in range(rounds):
        done = subprocess.run(
            command, cwd=Path(__file__).resolve().parents[1], env=environment, stdout=subprocess.PIPE, text=True,
            check=True,
        )  # fmt: skip
        cpu, clock, mib = json.loads(done.stdout)
        found.append((cpu, clock, mib))
    return min(found)


def summed(tool: Callable[[Path], Callable[[], Any]], charges: Path) -> Took:
    """Return what one sum took.

    :raises RuntimeError: it has fewer rows than days.
    """
    work = tool(charges)
    results: list[Any] = []
    took = timed(lambda: results.append(work()))
    if len(results[0]) < DAYS:
        raise RuntimeError(f"A month has {DAYS} days, these sums {len(results[0])} rows.")
    return *took, peak_mib()


def duckdb_sum(charges: Path) -> Callable[[], Any]:
    """Return the sum as DuckDB does it."""
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute("SET enable_progress_bar = false")
    sums = ", ".join(f"SUM({cost})" for cost in COSTS)
    query = f"SELECT CAST({DAY} AS DATE), {', '.join(NAMES)}, {sums} FROM read_parquet('{charges}') GROUP BY ALL"
    return lambda: connection.sql(query).to_arrow_table()


def polars_sum(charges: Path) -> Callable[[], Any]:
    """Return the sum as Polars does it."""
    import polars

    rows = polars.scan_parquet(charges)
    groups = [polars.col(DAY).dt.date(), *NAMES]
    return lambda: rows.group_by(groups).agg(polars.col(COSTS).sum()).collect()


def pandas_sum(charges: Path) -> Callable[[], Any]:
    """Return the sum as pandas does it with Arrow's decimals; its own numbers would be floats."""
    import pandas
    import pyarrow

    pyarrow.set_cpu_count(THREADS)
    columns = [DAY, *NAMES, *COSTS]

    def work() -> Any:
        rows = pandas.read_parquet(charges, columns=columns, dtype_backend="pyarrow")
        rows[DAY] = rows[DAY].dt.date
        return rows.groupby([DAY, *NAMES], dropna=False)[COSTS].sum()

    return work


TOOLS: Final = {"DuckDB": duckdb_sum, "Polars": polars_sum, "pandas": pandas_sum}


def report(run: Found, sums: dict[str, Took]) -> int:
    """Print the table and return 1 when the bar is missed or the proof does not hold."""
    floor = sums["DuckDB"][0]
    lines = {
        "allocate, proof included": (*run.allocate, run.peak_mib),
        **{f"{tool}, sum over the charges": took for tool, took in sums.items()},
        "DuckDB, sum over the daily rows": (*run.reference, None),
    }
    print(f"{run.charges:,} charges · {run.rows['bill']:,} daily rows · {run.rows['ledger']:,} ledger rows")
    print(f"{'work':<34}{'CPU s':>8}{'s':>8}{'x floor':>9}{'peak MiB':>10}")
    for label, (cpu, clock, mib) in lines.items():
        print(f"{label:<34}{cpu:>8.2f}{clock:>8.2f}{cpu / floor:>9.2f}{'' if mib is None else f'{mib:,}':>10}")
    is_met = run.holds and run.allocate[0] <= MOST * floor
    print(f"{run.allocate[0] / floor:.2f} times the floor over the charges (at most {MOST:g}), "
          f"{run.allocate[0] / run.reference[0]:.2f} times that over the daily rows; "
          f"proof {'holds' if run.holds else 'DOES NOT HOLD'}: {'PASS' if is_met else 'FAIL'}")  # fmt: skip
    return 0 if is_met else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""CPU seconds of importing a bill, against the engine's bare copy of the same file to Parquet.

    python -m benchmarks.bill_import --rows 1000000 [--kind aws_cur|azure_export|gcp_csv]

Both run as processes of their own, in turn, so that start-up counts for both. The bars are a ratio of at most 2, in the
median of the rounds, and 2 GiB of memory at the most in any of them, of however many rows.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.bill_columns import COLUMNS_OF, HOUR

MOST = 2.0
MOST_MEMORY = 2 << 30
ROWS_AT_ONCE = 500_000
BARE = (
    "import duckdb, sys; connection = duckdb.connect(config={'threads': 2});"
    " connection.execute('SET enable_progress_bar = false'); connection.execute(sys.argv[1])"
)


def main() -> int:
    """Print both figures, their ratio and the peak memory; the exit code says whether the bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kind", choices=sorted(COLUMNS_OF), default="aws_cur")
    parser.add_argument("--bill", type=Path, help="an existing CSV.gz report instead of a generated one")
    parser.add_argument("--import-to", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.import_to:
        import_bill(told.bill, told.import_to, kind=told.kind)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        bill = told.bill or Path(folder) / "bill-00001.csv.gz"
        if told.bill is None:
            # In a process of its own: a program starts with the peak memory of the one that starts it.
            writer = multiprocessing.get_context("spawn").Process(
                target=write_bill, args=(bill,), kwargs={"rows": told.rows, "kind": told.kind}
            )
            writer.start()
            writer.join()
        rounds = [compare(bill, Path(folder), number, kind=told.kind) for number in range(told.rounds)]
    ratio, peak = statistics.median(ratio for ratio, _ in rounds), max(peak for _, peak in rounds)
    is_met = ratio <= MOST
    fits = peak <= MOST_MEMORY
    print(f"{'PASS' if is_met else 'FAIL'}: ratio {ratio:.2f} in the median of {len(rounds)} (at most {MOST})")
    print(f"{'PASS' if fits else 'FAIL'}: peak memory {peak >> 20:,} MiB (at most {MOST_MEMORY >> 20:,})")
    return 0 if is_met and fits else 1


def compare(bill: Path, folder: Path, number: int, *, kind: str) -> tuple[float, int]:
    """Run both once and return the ratio and the peak memory of the import in bytes."""
    bare = folder / f"bare-{number}.parquet"
    copy = f"COPY (SELECT * FROM read_csv('{bill}')) TO '{bare}' (FORMAT parquet)"
    reference, _ = cost([sys.executable, "-c", BARE, copy])
    own = [
        sys.executable,
        "-m",
        "benchmarks.bill_import",
        "--kind",
        kind,
        "--bill",
        str(bill),
        "--import-to",
        str(folder / str(number)),
    ]
    imported, peak = cost(own)
    print(
        f"bare copy {reference:.2f} CPU s, import {imported:.2f} CPU s, ratio {imported / reference:.2f},"
        f" peak memory {peak >> 20:,} MiB",
        flush=True,
    )
    return imported / reference, peak


def cost(command: list[str]) -> tuple[float, int]:
    """Return the processor time, user and system, in seconds that a program took, and its peak memory in bytes."""
    process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:3]} ended with {process.returncode}")
    in_kib = 1 if sys.platform == "darwin" else 1024
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * in_kib


def import_bill(bill: Path, root: Path, *, kind: str) -> None:
    """Archive, check and normalize a bill as an import does."""
    from ingestion import connectors
    from ingestion.delivery import archive, open_store
    from ingestion.normalize import Limits
    from itfm.core.kinds import Registry

    connector: Any = Registry(connectors)[kind]
    settings = connector.params(path=bill)
    (delivery,) = connector.discover(settings)
    files = [archive(open_store(settings), file, root=root) for file in delivery.files]
    result = connector.normalize(
        files,
        settings=settings,
        output=root / "bills",
        limits=Limits(temp_folder=root / "temp"),
        tag_keys=None,
        progress=lambda _: None,
    )
    totals = {str(b.billing_period): {c: str(t.billed_cost) for c, t in b.totals.items()} for b in result.bills}
    print(f"imported {sum(result.row_counts):,} rows: {totals}", flush=True)


def write_bill(path: Path, *, rows: int, kind: str = "aws_cur", more: Mapping[str, str] | None = None) -> None:
    """Write a bill, and some more columns, over some thousand resources, with their usual repetition."""
    import duckdb

    columns = ",\n".join(f'{value} AS "{title}"' for title, value in {**COLUMNS_OF[kind], **(more or {})}.items())
    piece = path.with_suffix(".piece")
    # Piece by piece, so that a report of any length is written in little memory: gzip files can follow each other.
    with path.open("wb") as whole, duckdb.connect(config={"threads": 2}) as connection:
        for start in range(0, rows, ROWS_AT_ONCE):
            connection.execute(
                f"COPY (SELECT {columns} FROM (SELECT i, hash(i // 50) % 12000 AS r, hash(i) % 100000 AS q,"
                f" TIMESTAMP '2026-10-01' + {HOUR} AS s"
                f" FROM range({start}, {min(start + ROWS_AT_ONCE, rows)}) AS numbers(i)) ORDER BY i)"
                f" TO '{piece}' (FORMAT csv, HEADER {start == 0}, COMPRESSION gzip)"
            )
            with piece.open("rb") as part:
                shutil.copyfileobj(part, whole)
    piece.unlink()


if __name__ == "__main__":
    raise SystemExit(main())

"""How cost, memory and disk grow with the charges of a month, and what a site of many tenants would need.

    python -m benchmarks.scale [--charges N ...] [--tenants N] [--each N]

Each size is written, imported and allocated in processes of its own, as `benchmarks.allocation` does. The bar is that a
million charges cost the same processor time at every size, within a fifth. `docs/scale.md` goes on from these figures.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.allocation import Found, in_process, written_bill
from benchmarks.bill_import import cost

SIZES = (200_000, 1_000_000, 3_000_000)
MOST_SPREAD = 0.2
PARTS = {"archive": "raw", "charges": "bills", "run": "run"}
"""What lies in the lake for a month, and the folder it is in."""
START = "import benchmarks.allocation, ingestion.normalize, ingestion.connectors.aws_cur"
"""What a worker has done before its first bill."""
CORES_PER_HOST = 16
BUSY = 0.5
"""Share of a host's processor time that work may take on average, so that a night's bills are done by morning."""


@dataclass(frozen=True)
class Month:
    """What a month of so many charges took."""

    charges: int
    import_seconds: float
    import_mib: int
    allocate_seconds: float
    allocate_mib: int
    ledger_rows: int
    sizes: dict[str, int]
    files: int

    @property
    def seconds_per_million(self) -> float:
        """CPU seconds of import and allocation, for a million charges."""
        return (self.import_seconds + self.allocate_seconds) / self.charges * 1_000_000

    @property
    def bytes_per_charge(self) -> float:
        """What the lake holds of a month, for each charge."""
        return sum(self.sizes.values()) / self.charges


def main() -> int:
    """Print a line for each size and what follows; the exit code says whether cost grows with the charges only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charges", type=int, nargs="+", default=SIZES)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=100_000_000, help="charges of a tenant's month")
    told = parser.parse_args()
    months = []
    for charges in told.charges:
        with tempfile.TemporaryDirectory() as name:
            months.append(measured(Path(name), charges))
        tell(months[-1])
    project(months[-1], tenants=told.tenants, each=told.each)
    return judge(months)


def measured(folder: Path, charges: int) -> Month:
    """Write, import and allocate a month."""
    # In a process of its own: a program starts with the peak memory of the one that starts it.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        bill = pool.apply(written_bill, (folder,), {"rows": charges})
    own = [sys.executable, "-m", "benchmarks.allocation", "--bill", str(bill), "--import-to", str(folder)]
    import_seconds, import_bytes = cost(own)
    start, _ = cost([sys.executable, "-c", START])
    found = Found(**json.loads(in_process("--allocate", str(folder))))
    if not found.holds:
        raise SystemExit(f"The proof of {charges:,} charges does not hold.")
    sizes = {part: sum(file.stat().st_size for file in files_in(folder / place)) for part, place in PARTS.items()}
    return Month(
        charges=found.charges,
        import_seconds=import_seconds - start,
        import_mib=import_bytes >> 20,
        allocate_seconds=found.allocate[0],
        allocate_mib=found.peak_mib,
        ledger_rows=found.rows["ledger"],
        sizes=sizes,
        files=sum(1 for place in PARTS.values() for _ in files_in(folder / place)),
    )


def files_in(folder: Path) -> Iterable[Path]:
    """Return the files anywhere below a folder."""
    return (file for file in folder.rglob("*") if file.is_file())


def tell(month: Month) -> None:
    """Print what a month took."""
    millions = month.charges / 1_000_000
    lake = ", ".join(f"{part} {size / month.charges:.1f}" for part, size in month.sizes.items())
    print(f"{month.charges:,} charges: import {month.import_seconds / millions:.2f} CPU s per million, "
          f"{month.import_mib:,} MiB; allocation {month.allocate_seconds / millions:.2f} CPU s per million, "
          f"{month.allocate_mib:,} MiB; {month.ledger_rows:,} ledger rows; lake {month.bytes_per_charge:.1f} bytes "
          f"per charge ({lake}) in {month.files} files", flush=True)  # fmt: skip


def project(month: Month, *, tenants: int, each: int) -> None:
    """Print what many tenants would need, from the largest month measured and nothing else."""
    charges = tenants * each
    seconds = month.seconds_per_million * charges / 1_000_000
    hosts = seconds / (30 * 24 * 3600 * CORES_PER_HOST * BUSY)
    terabytes = month.bytes_per_charge * charges / 1e12
    print(f"{tenants:,} tenants of {each:,} charges a month, all imported and allocated once: {seconds / 3600:,.0f} "
          f"core hours, {hosts:.1f} hosts of {CORES_PER_HOST} cores at {BUSY:.0%}; {terabytes:,.1f} TB a month; "
          f"each further time that a month is restated costs as much again")  # fmt: skip


def judge(months: Sequence[Month]) -> int:
    """Say whether a million charges cost the same at every size."""
    least, most = (choose(month.seconds_per_million for month in months) for choose in (min, max))
    spread = most / least - 1
    is_met = spread <= MOST_SPREAD
    print(f"{'PASS' if is_met else 'FAIL'}: {least:.2f} to {most:.2f} CPU s per million, {spread:.0%} apart "
          f"(at most {MOST_SPREAD:.0%})")  # fmt: skip
    return 0 if is_met else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""CPU seconds of allocating one month of a million charges, proof included and the load of Postgres apart.

    python -m benchmarks.allocation [--charges N] [--shape customers] [--threads N] [--rounds N] [--engine spark]

The bill is the report of `benchmarks.bill_import`, read by the connector; rules and drivers are in `benchmarks.shapes`.
Allocation runs in a process of its own; the bar counts its processor time, user and system, above what it took to
start: to import the code and to make ready as a worker does when it starts (`allocation.engine.warm`), which a process
pays once. On Spark the time counts what runs in Java on this machine, its start included; the bar is DuckDB's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

from allocation.engine import proof, run
from allocation.engine.backends import Limits, runnable, started
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.warm import warm
from benchmarks.shapes import MONTH, SHAPES, Shape

COSTS = ["billed_cost", "effective_cost", "list_cost", "contracted_cost"]
MOST_CPU_SECONDS = 1.0
"""Per million charges."""
MEMORY_LIMIT_MIB = 4096


def main() -> int:
    """Print both figures; the exit code says whether the bar is met."""
    start = cpu_seconds()
    parser = argparse.ArgumentParser(description=__doc__)
    add_month_options(parser)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engine", default="duckdb", choices=runnable())
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--import-to", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--allocate", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    shape = SHAPES[told.shape]
    if told.import_to:
        import_bill(told.bill, told.import_to, tag_keys=shape.tag_keys())
        return 0
    if told.allocate:
        found = allocate(told.allocate, shape=shape, start=start, threads=told.threads, engine=told.engine)
        print(json.dumps(asdict(found)))
        return 0
    with imported_month(told) as folder:
        arguments = ("--allocate", str(folder), "--threads", str(told.threads), "--engine", told.engine,
                     "--shape", told.shape)  # fmt: skip
        runs = [Found(**json.loads(in_process(*arguments))) for _ in range(told.rounds)]
    return report(min(runs, key=lambda one: one.per_million))


def add_month_options(parser: argparse.ArgumentParser) -> None:
    """Let somebody say which month a benchmark is about."""
    parser.add_argument("--charges", type=int, default=1_000_000)
    parser.add_argument("--shape", default="teams", choices=list(SHAPES))
    parser.add_argument("--bill", type=Path, help="an existing CSV.gz report instead of a generated one")
    parser.add_argument("--imported", type=Path, help="a folder that `--import-to` has filled, instead of a report")


@contextmanager
def imported_month(told: argparse.Namespace) -> Iterator[Path]:
    """Yield a folder with the month imported, gone afterwards unless somebody brought it."""
    if told.imported:
        yield told.imported
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bill = told.bill or written_bill(folder, rows=told.charges, shape=SHAPES[told.shape])
        in_process("--bill", str(bill), "--import-to", str(folder), "--shape", told.shape)
        yield folder


def written_bill(folder: Path, *, rows: int, shape: Shape = SHAPES["teams"]) -> Path:
    """Write the generated report and return where it is."""
    from benchmarks.bill_import import write_bill

    write_bill(folder / "cur-00001.csv.gz", rows=rows, more=shape.columns)
    return folder / "cur-00001.csv.gz"


def in_process(*arguments: str) -> str:
    """Run a part of this benchmark as a process of its own and return what it printed."""
    command = [sys.executable, "-m", "benchmarks.allocation", *arguments]
    done = subprocess.run(
        command, cwd=Path(__file__).resolve().parents[1], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def import_bill(bill: Path, root: Path, *, tag_keys: frozenset[str]) -> None:
    """Archive and normalize a report as an import does, with the tag keys that rules look at."""
    from ingestion.connectors.aws_cur import KIND
    from ingestion.delivery import archive, open_store
    from ingestion.normalize import Limits

    settings = KIND.params(path=bill)
    (delivery,) = KIND.discover(settings)
    KIND.normalize(
        [archive(open_store(settings), file, root=root) for file in delivery.files],
        settings=settings,
        output=root / "bills",
        limits=Limits(temp_folder=root / "temp"),
        tag_keys=tag_keys,
        progress=lambda _: None,
    )


@dataclass(frozen=True)
class Found:
    """What one process found; times are CPU-seconds and seconds."""

    start: float
    ready: tuple[float, float]
    allocate: tuple[float, float]
    prove: tuple[float, float]
    reference: tuple[float, float]
    peak_mib: int
    holds: bool
    rows: dict[str, int]
    charges: int
    moved: str

    @property
    def per_million(self) -> float:
        """CPU-seconds per million charges."""
        return self.allocate[0] / self.charges * 1_000_000

    @property
    def passes(self) -> bool:
        """Whether the run proves, within the time and the memory it may take."""
        return self.holds and self.per_million <= MOST_CPU_SECONDS and self.peak_mib <= MEMORY_LIMIT_MIB


def allocate(folder: Path, *, shape: Shape, start: float, threads: int, engine: str) -> Found:
    """Allocate the imported month once."""
    (daily,) = (folder / "bills").rglob("daily.parquet")
    revision = Revision("aws", "1", daily, daily.with_name("attribute_sets.parquet"))
    inputs = RunInputs(revisions=(revision,), rule_set=shape.rule_set(), period=MONTH, drivers=shape.driver_values())
    backend = started(engine, Limits(memory_mib=MEMORY_LIMIT_MIB, threads=threads))
    making_ready = timed(warm)
    results: list[run.RunResult] = []
    allocating = timed(lambda: results.append(run.allocate(inputs, output=folder / "run", backend=backend)))
    peak = peak_mib()
    (result,) = results
    return Found(
        start=start,
        ready=making_ready,
        allocate=allocating,
        prove=timed(lambda: proof.prove(folder / "run", inputs, backend=backend.local)),
        reference=timed(lambda: sum_rows(revision, threads=threads)),
        peak_mib=peak,
        holds=result.proof.holds,
        rows=result.proof.measured.rows,
        charges=charge_count(revision),
        moved=str(moved(result.folder)),
    )


def charge_count(revision: Revision) -> int:
    """Return how many charges the daily rows stand for."""
    return int(_one(f"SELECT SUM(charge_count) FROM read_parquet('{revision.daily}')"))


def moved(folder: Path) -> Decimal:
    """Return how much effective cost the splits took out of the pools."""
    return Decimal(_one(f"SELECT -SUM(effective_cost) FROM read_parquet('{folder}/ledger.parquet') WHERE entry = 1"))


def _one(query: str) -> int | Decimal:
    import duckdb

    (row,) = duckdb.connect(config={"threads": 1}).execute(query).fetchall()
    found: int | Decimal = row[0]
    return found


def sum_rows(revision: Revision, *, threads: int) -> None:
    """Sum the four costs by day, account and service over the same rows: what a run could not do without."""
    import duckdb

    sums = ", ".join(f"SUM({cost})" for cost in COSTS)
    duckdb.connect(config={"threads": threads}).execute(
        f"""CREATE TABLE sums AS SELECT charge_date, sub_account_id, service_name, {sums}
        FROM read_parquet('{revision.daily}') JOIN read_parquet('{revision.attribute_sets}') USING (attribute_set_id)
        GROUP BY ALL"""
    )


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU-seconds and seconds of some work."""
    cpu, clock = cpu_seconds(), time.perf_counter()
    work()
    return cpu_seconds() - cpu, time.perf_counter() - clock


def peak_mib() -> int:
    """Return the most memory this program has held; `ru_maxrss` would count what its parent held before it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def cpu_seconds() -> float:
    """Return user and system time so far of all threads of this process and of those it has started."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + sum(map(ticks, children())) / os.sysconf("SC_CLK_TCK")


def children() -> list[str]:
    """Return what stands after the name in the status of each process this one has started and not yet lost."""
    numbers = (one for file in Path("/proc/self/task").glob("*/children") for one in file.read_text().split())
    return [Path("/proc", one, "stat").read_text().rpartition(")")[2] for one in numbers]


def ticks(status: str) -> int:
    """Return user and system time of a process."""
    return sum(map(int, status.split()[11:13]))


def report(found: Found) -> int:
    """Print the table and return 1 when the bar is missed or the proof does not hold."""
    rows = found.rows
    print(f"{found.charges:,} charges · {rows['classification']:,} attribute sets · {rows['bill']:,} daily rows · "
          f"{rows['ledger']:,} ledger rows · {rows['segments']:,} segments · "
          f"{found.moved} shared")  # fmt: skip
    print(f"{'step':<34}{'CPU s':>8}{'s':>8}")
    print(f"{'process start and imports':<34}{found.start:>8.2f}")
    lines = {
        "make ready": found.ready,
        "sum the rows (reference)": found.reference,
        "allocate, proof included": found.allocate,
        "prove again": found.prove,
    }
    for label, (cpu, clock) in lines.items():
        print(f"{label:<34}{cpu:>8.2f}{clock:>8.2f}")
    print(f"peak memory {found.peak_mib:,} MiB (at most {MEMORY_LIMIT_MIB:,})")
    print(f"{found.per_million:.2f} CPU seconds per million charges (at most {MOST_CPU_SECONDS}); "
          f"proof {'holds' if found.holds else 'DOES NOT HOLD'}: {'PASS' if found.passes else 'FAIL'}")  # fmt: skip
    return 0 if found.passes else 1


if __name__ == "__main__":
    raise SystemExit(main())

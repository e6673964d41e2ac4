"""CPU seconds of a worker's run after one change, against its run over everything: one restated day, one changed split.

    python -m benchmarks.incremental [--charges N] [--shape customers] [--rounds N]

The bill and the rules are those of `benchmarks.allocation`. A run is all that a worker does: reading drivers,
allocating with proof, the files beside the ledger, loading Postgres and adding it up there. The processor time is that
of this process and of the sessions of Postgres, which must run on this machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.allocation import COSTS, add_month_options, cpu_seconds, imported_month, ticks
from benchmarks.shapes import MONTH, SHAPES, Shape

AT = datetime(2026, 11, 2, 12, tzinfo=UTC)
RESTATED = date(2026, 10, 17)
BARS = {"one restated day": 0.10, "one changed split": 0.30}
"""At most this part of the full run."""


def main() -> int:
    """Print the table; the exit code says whether every bar is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_month_options(parser)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.inside:
        return measure(told.inside, shape=SHAPES[told.shape], rounds=told.rounds)
    with imported_month(told) as folder:
        return with_postgres(
            "benchmarks.incremental", "--inside", str(folder), "--shape", told.shape, "--rounds", str(told.rounds)
        )


def with_postgres(module: str, *arguments: str) -> int:
    """Run a part of a benchmark beside a Postgres of its own, with a lake of its own, and return its exit code."""
    with tempfile.TemporaryDirectory() as lake:
        again = [sys.executable, "-m", module, *arguments]
        command = [sys.executable, "-m", "itfm.embedded", "run", "--throwaway", "--", *again]
        environment = {**os.environ, "ITFM_LOG_LEVEL": "ERROR", "ITFM_LAKE": lake}
        environment["ITFM_SECRET_KEY"] = "of this benchmark only, forgotten when it ends"
        # What parallel workers of Postgres take is not seen from outside.
        environment["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"
        done = subprocess.run(command, cwd=Path(__file__).resolve().parents[1], env=environment, check=False)
        return done.returncode


@dataclass(frozen=True)
class Found:
    """What one run took, in CPU seconds, and how many parts of the mart it wrote."""

    own: float
    postgres: float
    written: int
    parts: int
    holds: bool

    @property
    def whole(self) -> float:
        """CPU seconds of this process and of Postgres."""
        return self.own + self.postgres


def started_organization() -> Any:
    """Return an organization in a new database, with this process ready as a worker is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "itfm.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from allocation.engine.warm import warm
    from itfm.accounts.services import create_organization

    call_command("migrate", database="owner", verbosity=0)
    warm()
    return create_organization("Benchmark", slug="benchmark")


def measure(folder: Path, *, shape: Shape, rounds: int) -> int:
    """Allocate everything, then after each change; take the best of each."""
    organization = started_organization()
    (daily,) = (folder / "bills").rglob("daily.parquet")
    changes: dict[str, Callable[[], object]] = {
        "one restated day": lambda: deliver(organization, daily, restated=True),
        "one changed split": lambda: publish(organization, shape, is_split_changed=True),
        "one changed driver day": lambda: publish(organization, shape, is_driver_changed=True),
    }
    found: dict[str, list[Found]] = {"everything": [], **{name: [] for name in changes}}
    for _ in range(rounds):
        for name, change in changes.items():
            deliver(organization, daily, restated=False)
            publish(organization, shape)
            found["everything"].append(ran(organization, again=True))
            change()
            found[name].append(ran(organization, again=False))
    return report({name: min(runs, key=lambda one: one.whole) for name, runs in found.items()})


def ran(organization: Any, *, again: bool) -> Found:
    """Run once."""
    from allocation.models import AllocatedCost
    from allocation.services import allocate
    from allocation.services.parts import read_parts
    from itfm.core import lake
    from itfm.core.tenancy import tenant

    own, postgres = cpu_seconds(), session_seconds()
    run = allocate(organization.id, period=MONTH, again=again)
    own, postgres = cpu_seconds() - own, session_seconds() - postgres
    if run is None:
        raise RuntimeError("Another worker is at this period.")
    with tenant(organization.id):
        rows = AllocatedCost.objects.filter(run_id=run.id)
        written = rows.values("origin", "charge_date").distinct().count()
    known = read_parts(lake.organization_folder(organization.id) / run.folder) or {}
    return Found(own=own, postgres=postgres, written=written, parts=len(known), holds=bool(run.proof["holds"]))


def session_seconds() -> float:
    """Return user and system time so far of the sessions of Postgres."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        files = [Path("/proc", str(number), "stat") for (number,) in cursor.fetchall()]
    return sum(ticks(file.read_text().rpartition(")")[2]) for file in files) / os.sysconf("SC_CLK_TCK")


def deliver(organization: Any, daily: Path, *, restated: bool) -> None:
    """Put the month's bill in force, with a cent more on every row of one day when it is restated."""
    import duckdb

    from ingestion.models import Bill, BillRevision, BillSource, ImportRun
    from itfm.core import lake
    from itfm.core.tenancy import tenant

    with tenant(organization.id):
        source, _ = BillSource.objects.get_or_create(
            organization=organization, key="aws", defaults={"name": "AWS", "kind": "focus"}
        )
        bill, _ = Bill.objects.get_or_create(organization=organization, source=source, billing_period=MONTH)
        run = ImportRun.objects.create(
            organization=organization, source=source, settings={}, trigger="command", state="imported", not_before=AT
        )
        revision_id = uuid.uuid4()
        folder = lake.charges_folder(organization.id, source_id=source.id, period=MONTH, revision_id=revision_id)
        folder.mkdir(parents=True)
        more = ", ".join(
            f"CAST({cost} + CASE WHEN charge_date = DATE '{RESTATED}' AND {restated} THEN 0.01 ELSE 0 END"
            f" AS DECIMAL(38, 18)) AS {cost}"
            for cost in COSTS
        )
        duckdb.connect().execute(
            f"COPY (SELECT * REPLACE ({more}) FROM read_parquet('{daily}')) TO '{folder}/daily.parquet'"
        )
        (folder / "attribute_sets.parquet").write_bytes(daily.with_name("attribute_sets.parquet").read_bytes())
        bill.current_revision = BillRevision.objects.create(
            id=revision_id, organization=organization, bill=bill, run=run, number=bill.revisions.count() + 1,
            delivery="benchmark", fingerprint=str(revision_id), files=[], row_count=1, totals={}, imported_at=AT,
            folder=str(folder.relative_to(lake.organization_folder(organization.id))),
        )  # fmt: skip
        bill.save()


def publish(
    organization: Any, shape: Shape, *, is_split_changed: bool = False, is_driver_changed: bool = False
) -> None:
    """Publish the rules, with one split shared otherwise, or with a driver that measured more on one day."""
    from allocation.engine import rules
    from allocation.services import publish_rules
    from itfm.core.tenancy import tenant

    document, given = rules.to_document(shape.rule_set()), shape.driver_values()
    for driver in document["drivers"]:
        driver["values"] = [
            {"date": f"{one.date}", "value": one.value, "quantity": f"{one.quantity}"} for one in given[driver["key"]]
        ]
    for value in document["drivers"][0]["values"]:
        if is_driver_changed and value["date"] == f"{RESTATED}":
            value["quantity"] += "1"
    for split in document["splits"]:
        if is_split_changed and split["key"] == shape.changed_split:
            split["method"] = {"kind": "even"}
    with tenant(organization.id):
        changed = rules.from_document({**document, "version": "1"})
        publish_rules(changed, organization_id=organization.id, published_by=None, at=AT)


def report(found: dict[str, Found]) -> int:
    """Print the table and return 1 when a bar is missed or a proof does not hold."""
    full = found["everything"].whole
    met = [one.holds for one in found.values()]
    print(f"{'run after':<26}{'CPU s':>8}{'here':>8}{'Postgres':>10}{'of all':>8}{'parts written':>16}")
    for name, one in found.items():
        ratio, bar = one.whole / full, BARS.get(name)
        verdict = "" if bar is None else f"  at most {bar:.0%}: {'PASS' if ratio <= bar else 'FAIL'}"
        print(f"{name:<26}{one.whole:>8.2f}{one.own:>8.2f}{one.postgres:>10.2f}{ratio:>8.0%}"
              f"{f'{one.written} of {one.parts}':>16}{verdict}")  # fmt: skip
        met.append(bar is None or ratio <= bar)
    if not all(one.holds for one in found.values()):
        print("A proof DOES NOT HOLD")
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""An organization with a million mart rows in each billing period, as runs and imports leave them. For benchmarks."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

DAYS = 31
TEAMS, PRODUCTS, CENTERS = 40, 25, 20
ACCOUNTS, SERVICES = 400, 60
LAST = date(2026, 10, 1)
RUNNING = date(2026, 11, 1)
RUNNING_THROUGH = date(2026, 11, 14)
AT = datetime(2026, 11, 2, 12, tzinfo=UTC)


def fill(rows: int, periods: int) -> tuple[Any, int]:
    """Make an organization with its cost centers, segments, runs and mart; return its owner and the rollup's size."""
    from allocation.costs.query import shifted
    from allocation.models import RuleSet
    from itfm.accounts.models import Membership, User
    from itfm.accounts.services import create_organization
    from itfm.core.policy import Role
    from itfm.core.tenancy import tenant
    from showback.services import CostCenterBranch, replace_cost_centers

    organization = create_organization("Benchmark", slug="benchmark")
    user = User.objects.create_user("owner@benchmark.example", "not logged in with")
    with tenant(organization.id):
        Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
        centers = [CostCenterBranch(code=f"cc-{number}", name=f"Center {number}") for number in range(CENTERS)]
        replace_cost_centers(centers, organization_id=organization.id)
        names = [("cost_center", "Cost center"), ("team", "Team"), ("product", "Product")]
        rule_set = RuleSet.objects.create(
            organization=organization,
            version=1,
            document="version: 1\n",
            dimensions=[{"key": key, "name": name} for key, name in names],
            sha256="0" * 64,
            published_at=AT,
        )
    for number in range(periods):
        load(organization, rule_set, shifted(LAST, months=-number), rows)
    load(organization, rule_set, RUNNING, rows // 2)
    bill(organization)
    return user, counted(organization)


def load(organization: Any, rule_set: Any, period: date, rows: int) -> None:
    """Load a period's rows as a run does, and put the run in force."""
    from allocation.models import AllocationRun
    from allocation.services.mart import load_rows, mart_sums, replace_days
    from itfm.core import lake
    from itfm.core.tenancy import tenant

    with tempfile.TemporaryDirectory() as name, tenant(organization.id):
        ids = segments(organization)
        run = AllocationRun.objects.create(
            organization=organization,
            billing_period=period,
            rule_set=rule_set,
            state=AllocationRun.State.PUBLISHED,
            inputs_sha256="0" * 64,
            revisions={},
            started_at=AT,
            finished_at=AT,
        )
        file = Path(name) / "mart.csv"
        write_rows(file, period, rows, ids)
        write_files(
            lake.run_folder(organization.id, period=period, run_id=run.id), file, ids, with_ledger=period == LAST
        )
        load_rows(run, file, parts=None)
        replace_days(organization.id, period)
        sums = {
            currency: {cost: f"{one:f}" for cost, one in costs.items()} for currency, costs in mart_sums(period).items()
        }
        run.proof = {"holds": True, "measured": {"steps": [{"name": "ledger", "sums": sums}], "unallocated": {}}}
        run.save()


def segments(organization: Any) -> list[Any]:
    """Return the ids of one segment per team and product, and one of what nobody owns."""
    from allocation.models import Segment

    if not Segment.objects.exists():
        values: list[dict[str, str]] = [
            {
                "team": f"Team {team}",
                "product": f"Product {(team * 7 + n) % PRODUCTS}",
                "cost_center": f"cc-{team % CENTERS}",
            }
            for team in range(TEAMS)
            for n in range(5)
        ]
        Segment.objects.bulk_create(
            Segment(organization=organization, dimension_values=one, digest=f"{number:064d}")
            for number, one in enumerate([*values, {}])
        )
    return list(Segment.objects.order_by("digest").values_list("id", flat=True))


def write_rows(file: Path, period: date, rows: int, ids: list[Any]) -> None:
    """Write as many cells per day as make up the rows; an account runs some services for one team's products."""
    cells = rows // DAYS
    listed = ", ".join(f"'{one}'" for one in ids)
    amount = f"CAST((hash(cell, day, '{period}') % 1000000) AS DECIMAL(38, 18)) / 10000"
    duckdb.connect().execute(
        f"""
        COPY (
            SELECT
                list_extract([{listed}], CAST(1 + (account * 5 + hash(cell) % 5) % {len(ids)} AS INTEGER)),
                '00000000-0000-0000-0000-000000000001', if(hash(cell, 1) % 10 < 8, 'direct', 'platform'),
                DATE '{period}' + CAST(day AS INTEGER) % 28, '100000000001', '2000' || account,
                'AWS', 'Service ' || (hash(cell, 2) % {SERVICES}), 'Compute', 'region-' || (hash(cell, 3) % 8), 'Usage',
                'Standard', if(hash(cell, 4) % 5 = 0, 'Used', NULL), 'USD', amount, amount, amount, amount, 1, 1
            FROM (
                SELECT cell, day, cell % {ACCOUNTS} AS account, CAST({amount} AS DECIMAL(38, 18)) AS amount
                FROM range({cells}) AS cells (cell), range({DAYS}) AS days (day)
            )
        ) TO '{file}' (FORMAT csv, HEADER false, NULLSTR '')
        """
    )


def write_files(folder: Path, rows: Path, ids: list[Any], *, with_ledger: bool) -> None:
    """Write the sums by month as a run has them beside its ledger, and the ledger where pages read it."""
    from allocation.costs.lake_rows import GROUPS, MONTHS, SEGMENTS
    from allocation.costs.months import SUMS
    from allocation.models import Segment
    from allocation.services.mart import COLUMNS

    folder.mkdir(parents=True)
    numbers = {str(one): number for number, one in enumerate(ids)}
    values = Segment.objects.in_bulk(ids)
    kinds = dict.fromkeys(SUMS, "DECIMAL(38, 18)") | {"charge_count": "BIGINT", "charge_date": "DATE"}
    columns = {name: kinds.get(name, "VARCHAR") for name in COLUMNS}
    database = duckdb.connect()
    database.execute("CREATE TABLE segments (id VARCHAR, number INTEGER, dimension_values VARCHAR)")
    database.executemany(
        "INSERT INTO segments VALUES (?, ?, ?)",
        [[str(one), numbers[str(one)], json.dumps(values[one].dimension_values, sort_keys=True)] for one in ids],
    )
    database.execute(
        "CREATE VIEW mart AS SELECT *, number FROM"
        f" read_csv('{rows}', header = false, columns = {columns}) AS rows JOIN segments ON id = rows.segment_id"
    )
    sums = ", ".join(f"SUM({name}) AS {name}" for name in SUMS)
    tables = {
        MONTHS: f"SELECT number AS segment_id, billing_currency, {', '.join(GROUPS)}, {sums} FROM mart GROUP BY ALL",
        SEGMENTS: "SELECT number AS segment_id, dimension_values FROM segments",
    }
    if with_ledger:
        texts = ", ".join(name for name in GROUPS if name != "origin")
        database.execute(
            "CREATE TABLE cells AS SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS cell_id, *"
            f" FROM (SELECT DISTINCT {texts} FROM mart)"
        )
        same = " AND ".join(f"mart.{name} IS NOT DISTINCT FROM cells.{name}" for name in texts.split(", "))
        tables |= {
            "cells.parquet": "SELECT * FROM cells",
            "splits.parquet": "SELECT 0 AS split_number, 1 AS stage, 'platform' AS split_key",
            "ledger.parquet": "SELECT charge_date, cell_id, number AS segment_id, billing_currency,"
            f" if(origin = 'direct', NULL, 0) AS split_number, {', '.join(f'mart.{name}' for name in SUMS)}"
            f" FROM mart JOIN cells ON {same} ORDER BY split_number NULLS FIRST, charge_date, cell_id",
        }
    for name, table in tables.items():
        database.execute(f"COPY ({table}) TO '{folder / name}' (FORMAT parquet, COMPRESSION zstd)")


def bill(organization: Any) -> None:
    """Keep a bill of the running month that reaches its middle."""
    from ingestion.models import Bill, BillRevision, BillSource, ImportRun
    from itfm.core.tenancy import tenant

    at = datetime.combine(RUNNING_THROUGH + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    with tenant(organization.id):
        source = BillSource.objects.create(organization=organization, key="cloud", name="Cloud", kind="focus")
        run = ImportRun.objects.create(
            organization=organization, source=source, settings={}, trigger="command", state="imported", not_before=at
        )
        kept = Bill.objects.create(organization=organization, source=source, billing_period=RUNNING)
        kept.current_revision = BillRevision.objects.create(
            organization=organization, bill=kept, run=run, number=1, delivery="cloud", fingerprint="0" * 64, files=[],
            folder="none", row_count=1, totals={"USD": {"effective_cost": "0"}}, charges_through=RUNNING_THROUGH,
            imported_at=at,
        )  # fmt: skip
        kept.save()


def counted(organization: Any) -> int:
    """Return how many sums by month stand beside the ledgers."""
    import pyarrow.parquet as pq

    from allocation.costs.lake_rows import MONTHS
    from itfm.core import lake

    return sum(pq.read_metadata(file).num_rows for file in lake.organization_folder(organization.id).rglob(MONTHS))

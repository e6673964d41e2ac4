"""Allocate one month of a million charges and compare with merely summing its rows.

Prints a table and exits 1 when allocation, proof included, takes more than one CPU-second per million charges above
process start-up. Process start-up is the interpreter and the imports.

    python -m benchmarks.allocation [--charges N] [--threads N]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine import proof, rules, run
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.drivers import DriverValue
from allocation.engine.inputs import Revision, RunInputs
from ingestion.focus import attributes

MONTH = date(2026, 10, 1)
DAYS = 31
TEAMS = [f"team-{number:02d}" for number in range(40)]
POOLS = ["platform", "network", "security", "observability", "data-lake"]
# ruff: noqa: E501
COSTS = ["billed_cost", "effective_cost", "list_cost", "contracted_cost"]
SETS_PER_MILLION = 25_000
DAILY_PER_MILLION = 220_000
BAR = 1.0
"""CPU-seconds per million charges."""


def cpu_seconds() -> float:
    """Return user and system time of all threads of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def write_bill(folder: Path, *, charges: int) -> Revision:
    """Write the attribute sets and daily rows of a month as ingestion would, deterministically."""
    chance = random.Random(20261001)
    sets = [_attribute_set(chance) for _ in range(SETS_PER_MILLION * charges // 1_000_000)]
    sets = sorted(set(sets), key=lambda one: [part or "" for part in one])
    names = [*attributes.COLUMNS, "tags"]
    columns = {name: pa.array([one[at] for one in sets], pa.string()) for at, name in enumerate(names)}
    table = pa.table({"attribute_set_id": pa.array(range(len(sets)), pa.int32()), **columns})
    pq.write_table(table, folder / "attribute_sets.parquet", compression="zstd")
    _write_daily(
        folder / "daily.parquet", sets=len(sets), rows=DAILY_PER_MILLION * charges // 1_000_000, charges=charges
    )
    return Revision("aws", "1", folder / "daily.parquet", folder / "attribute_sets.parquet")


def _attribute_set(chance: random.Random) -> tuple[str | None, ...]:
    """Return one combination: some shared accounts, most of them teams' own, with tags as people write them."""
    # One attribute set in thirty belongs to a shared pool of few accounts, services and regions.
    shared = chance.random() < 1 / 30
    owner = chance.choice(POOLS if shared else TEAMS)
    account = f"{owner}-{chance.choice(['prod', 'dev', 'test']) if not shared else 'prod'}"
    service = f"service-{chance.randrange(25 if shared else 80):02d}"
    spelled = chance.choice([owner, owner, owner.upper(), owner.replace("-", "_")])
    tags = {"env": account.rsplit("-", 1)[1], "app": _application(owner, chance), "team": spelled}
    if chance.random() < 0.1:
        del tags["team"]
    values = {
        "billing_account_id": "payer", "billing_account_name": "Payer", "sub_account_id": account,
        "sub_account_name": account, "invoice_issuer_name": "AWS", "service_provider_name": "AWS",
        "host_provider_name": "AWS", "service_name": service, "service_category": f"category-{int(service[-2:]) % 12}",
        "region_id": "eu-central-1" if shared else chance.choice(["eu-central-1", "us-east-1", "eu-west-1"]),
        "resource_type": f"type-{chance.randrange(30)}", "charge_category": "Usage", "charge_frequency": "Usage-Based",
        "pricing_category": "Standard", "x_service_code": service, "x_operation": f"operation-{chance.randrange(20)}",
        "tags": json.dumps(tags, sort_keys=True, separators=(",", ":")),
    }  # fmt: skip
    return tuple(values.get(name) for name in (*attributes.COLUMNS, "tags"))


def _application(owner: str, chance: random.Random) -> str:
    """Return one of an owner's few applications."""
    return f"app-{([*TEAMS, *POOLS].index(owner) * 7 + chance.randrange(7)) % 300}"


def _write_daily(path: Path, *, sets: int, rows: int, charges: int) -> None:
    chance = np.random.default_rng(20261001)
    pairs = np.unique(chance.integers(0, sets * DAYS, size=rows))
    size = chance.lognormal(12, 2.5, size=len(pairs)).astype(np.int64)
    days = pa.array([MONTH + timedelta(days=int(day)) for day in range(DAYS)], pa.date32())
    # Ten decimals, as AWS delivers them; list price above, contracted price a little below.
    cost = [f"{n // 10**6}.{n % 10**6:06d}{n % 9973:04d}" for n in size.tolist()]
    money = pa.array(cost).cast(pa.decimal128(38, 18))
    listed = pa.array([f"{n // 10**6 + 1}.{n % 10**6:06d}{n % 9973:04d}" for n in size.tolist()]).cast(money.type)
    counts = np.full(len(pairs), charges // len(pairs), dtype=np.int64)
    pq.write_table(
        pa.table({
            "charge_date": days.take(pa.array(pairs % DAYS)),
            "attribute_set_id": pa.array((pairs // DAYS).astype(np.int32)),
            "billing_currency": pa.array(["USD"] * len(pairs)),
            "billed_cost": money, "effective_cost": money, "list_cost": listed, "contracted_cost": money,
            "consumed_quantity": money, "charge_count": pa.array(counts),
        }).sort_by([("charge_date", "ascending"), ("attribute_set_id", "ascending")]),
        path,
        compression="zstd",
    )  # fmt: skip


def write_rules() -> rules.RuleSet:
    """Return 3 dimensions of 50 rules, and 5 pools shared over 40 teams per day with every method."""
    misspelt = {name.replace("-", "_"): name for name in [*TEAMS, *POOLS]}
    by_account = [
        {"when": {"column": "sub_account_id", "one_of": [f"{team}-{env}" for env in ("prod", "dev", "test")]}, "value": team}
        for team in [*TEAMS, *POOLS]
    ]  # fmt: skip
    by_tag = {
        "when": {"tag": "team", "exists": True},
        "value": {"tag": "team", "transforms": ["lower", {"lookup": "teams"}]},
    }
    patterns = [{"when": {"column": "x_operation", "matches": f"^legacy-{n}"}, "value": "Legacy"} for n in range(4)]
    products = [
        {"when": {"all": [{"tag": "app", "one_of": [f"app-{n}" for n in range(start, start + 6)]}, {"tag": "env", "exists": True}]},
         "value": f"product-{start // 6}"} for start in range(0, 300, 6)
    ]  # fmt: skip
    kinds = [
        {"when": {"all": [{"column": "service_name", "equals": f"service-{n:02d}"}, {"not": {"dimension": "team", "equals": "x"}}]},
         "value": f"kind-{n % 8}"} for n in range(50)
    ]  # fmt: skip
    methods = [
        {"kind": "even"}, {"kind": "proportional"}, {"kind": "metric", "driver": "gb"},
        {"kind": "metric", "driver": "gb"}, {"kind": "proportional", "cost": "billed_cost"},
    ]  # fmt: skip
    splits = [
        {"key": pool.replace("-", "_"), "name": pool, "stage": 1, "pool": {"dimension": "team", "equals": pool},
         "receivers": {"dimension": "team", "one_of": TEAMS}, "method": method, "window": {"kind": "day"}}
        for number, (pool, method) in enumerate(zip(POOLS, methods, strict=True))
    ]  # fmt: skip
    return rules.from_document(
        {
            "version": "1",
            "lookups": {"teams": misspelt},
            "dimensions": [
                {"key": "team", "name": "Team", "rules": [by_tag, *patterns, *by_account]},
                {"key": "product", "name": "Product", "rules": products},
                {"key": "kind", "name": "Kind", "rules": kinds},
            ],
            "splits": splits,
            "drivers": [{"key": "gb", "name": "Logs", "dimension": "team", "unit": "GB"}],
        }
    )


def write_driver() -> tuple[DriverValue, ...]:
    """Return a quantity for every team and day."""
    return tuple(
        DriverValue.model_validate({
            "date": MONTH + timedelta(days=day), "value": team, "quantity": f"{(day * 37 + at * 101) % 900 + 1}.25",
        })
        for day in range(DAYS)
        for at, team in enumerate(TEAMS)
    )  # fmt: skip


def reference(revision: Revision, threads: int) -> None:
    """Sum the four costs by day, account and service over the same rows."""
    connection = duckdb.connect(config={"threads": threads})
    sums = ", ".join(f"SUM({cost})" for cost in COSTS)
    connection.execute(
        f"""SELECT charge_date, sub_account_id, service_name, {sums}
        FROM read_parquet('{revision.daily}') JOIN read_parquet('{revision.attribute_sets}') USING (attribute_set_id)
        GROUP BY ALL"""
    ).fetchall()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the CPU-seconds and seconds of some work."""
    cpu, clock = cpu_seconds(), time.perf_counter()
    work()
    return cpu_seconds() - cpu, time.perf_counter() - clock


def main() -> int:
    """Run the benchmark once, in this process, and return its exit status."""
    started = cpu_seconds()
    parser = argparse.ArgumentParser()
    parser.add_argument("--charges", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        revision = write_bill(folder, charges=given.charges)
        inputs = RunInputs(revisions=(revision,), rule_set=write_rules(), period=MONTH, drivers={"gb": write_driver()})
        backend = DuckDB(threads=given.threads)
        results: list[run.RunResult] = []
        summing = timed(lambda: reference(revision, given.threads))
        if given.profile:
            import cProfile

            cProfile.runctx(
                "run.allocate(inputs, output=folder/'p', backend=backend)", globals(), locals(), sort="cumtime"
            )
        allocating = timed(lambda: results.append(run.allocate(inputs, output=folder / "run", backend=backend)))
        proving = timed(lambda: proof.prove(folder / "run", inputs, backend=backend))
        return report(given.charges, started, summing, allocating, proving, results[0].proof)


def report(
    charges: int,
    started: float,
    summing: tuple[float, float],
    allocating: tuple[float, float],
    proving: tuple[float, float],
    found: proof.Proof,
) -> int:
    """Print the table and return 1 when the bar is missed or the proof does not hold."""
    rows = found.measured.rows
    print(f"{charges:,} charges · {rows['classification']:,} attribute sets · {rows['bill']:,} daily rows · "
          f"{rows['ledger']:,} ledger rows · {rows['mart']:,} mart rows · {rows['segments']:,} segments")  # fmt: skip
    print(f"{'step':<34}{'CPU s':>8}{'s':>8}{'ratio':>8}")
    print(f"{'process start and imports':<34}{started:>8.2f}")
    lines = {"sum the rows (reference)": summing, "allocate, proof included": allocating, "prove again": proving}
    for name, (cpu, clock) in lines.items():
        print(f"{name:<34}{cpu:>8.2f}{clock:>8.2f}{cpu / summing[0]:>8.1f}")
    per_million = allocating[0] / charges * 1_000_000
    passed = found.holds and per_million <= BAR
    print(f"{per_million:.2f} CPU-seconds per million charges (bar {BAR:.2f}); proof holds: {found.holds}; "
          f"{'passed' if passed else 'FAILED'}")  # fmt: skip
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())

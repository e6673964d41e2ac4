"""Making a process ready to allocate: a run of a few made-up rows, so that what is built once is built. Pure.

Relational expressions are compiled once per process; a worker does it when it starts rather than in its first run.
"""

from __future__ import annotations

import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine import relations, rules, run
from allocation.engine.again import ANEW, PAIRS, PAIRS_BEFORE
from allocation.engine.backends.duckdb import DuckDB, statement
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.shares import Division
from allocation.engine.weighing import COSTS
from ingestion.focus import attributes

STAGES: Final = 3
"""As many stages as most rule sets have; each stage's expressions are its own."""
DIVISIONS: Final = tuple(
    Division(limbs, digits, rank_bits)
    for limbs, digits in ((1, 9), (1, 12), (1, 15), (1, 18), (2, 9), (2, 12))
    for rank_bits in (64, 128)
)
"""What amounts and weights of usual size are divided by; others are compiled when they come."""
MONTH: Final = date(2026, 1, 1)
_MONEY: Final = pa.decimal128(38, 18)
_METHODS: Final = ("even", "proportional")
_SERVICES: Final = ("a", "b", *("shared",) * STAGES * len(_METHODS))


def warm() -> None:
    """Allocate a few rows with every kind of share, in every stage, and build what runs over a part ask for besides."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run.allocate(
            RunInputs(revisions=(_revision(folder),), rule_set=_rules(), period=MONTH),
            output=folder / "run",
            backend=DuckDB(memory_limit="256MiB", threads=1),
        )
    everything = tuple(range(1, STAGES + 1))
    for expression in (
        *map(relations.weighted_parts, DIVISIONS),
        relations.direct(1, of_days=True),
        relations.last_day(1),
        PAIRS,
        PAIRS_BEFORE,
        *(relations.ledger(everything, has_own=True, has_kept=has_kept) for has_kept in (False, True)),
        *(relations.ledger((ANEW + stage,), has_own=False, has_kept=False) for stage in everything),
    ):
        statement(expression)


def _revision(folder: Path) -> Revision:
    """Write one charge of each service."""
    rows = len(_SERVICES)
    sets: dict[str, pa.Array] = {"attribute_set_id": pa.array(range(rows), pa.int32())}
    sets |= {column: pa.nulls(rows, pa.string()) for column in (*attributes.COLUMNS, "tags")}
    sets["service_name"] = pa.array([f"{service}{at}" for at, service in enumerate(_SERVICES)])
    sets["charge_category"] = pa.array(["Usage"] * rows)
    daily = {
        "charge_date": pa.array([MONTH] * rows, pa.date32()),
        "attribute_set_id": pa.array(range(rows), pa.int32()),
        "billing_currency": pa.array(["USD"] * rows),
        **{cost: pa.array([Decimal(at + 1) for at in range(rows)], _MONEY) for cost in (*COSTS, "consumed_quantity")},
        "charge_count": pa.array([1] * rows, pa.int64()),
    }
    pq.write_table(pa.table(sets), folder / "attribute_sets.parquet")
    pq.write_table(pa.table(daily), folder / "daily.parquet")
    return Revision("warm", "1", folder / "daily.parquet", folder / "attribute_sets.parquet")


def _rules() -> rules.RuleSet:
    """Return rules that take each service for a value, and share a pool in each stage, evenly and by weight."""
    splits = [
        {
            "key": f"{method}_{stage}",
            "name": method,
            "stage": stage,
            "pool": {"column": "service_name", "equals": f"shared{2 * stage + at}"},
            "receivers": {"dimension": "value", "one_of": ["a0", "b1"]},
            "method": {"kind": method},
            "window": {"kind": "day"},
        }
        for stage in range(1, STAGES + 1)
        for at, method in enumerate(_METHODS)
    ]
    rule = {"when": {"column": "service_name", "exists": True}, "value": {"column": "service_name"}}
    return rules.from_document(
        {"version": "1", "dimensions": [{"key": "value", "name": "Value", "rules": [rule]}], "splits": splits}
    )

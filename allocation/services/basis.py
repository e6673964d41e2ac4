"""What a run stands on, day by day, kept beside its ledger: the next run reads from it what has changed since.

Days of bills are told apart by two sums of 64-bit hashes, one for each of their daily rows with all that its attribute
set says; days of drivers by a digest. That guards against chance, as `parts` does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from django.db import connection

from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.inputs import Revision
from allocation.engine.proof import ENGINE_VERSION
from allocation.engine.relations import DAILY_SCHEMA
from allocation.engine.run_files import file_rows
from allocation.services.inputs import Inputs
from allocation.services.parts import content
from ingestion.focus.expressions import literal

FILE: Final = "basis.json"

Days = dict[str, dict[str, str]]
"""The contents of days, written as in ISO 8601, by source or driver."""


@dataclass(frozen=True, kw_only=True)
class Basis:
    """The rules' document by its digest, the run of the period before by the name of its inputs, and contents."""

    engine: str
    rules: str
    previous: str
    bills: Days
    digests: Mapping[str, str]
    """Of each driver as a whole."""
    drivers: Days


def basis_of(
    inputs: Inputs, revisions: Sequence[Revision], *, before: Basis | None, engine: DuckDB, scratch: Path
) -> Basis:
    """Return what a run over the current organization's inputs would stand on, `before` being what one stood on."""
    known = before.drivers if before is not None and before.digests == inputs.drivers else None
    document = inputs.rule_set.document if inputs.rule_set else ""
    return Basis(
        engine=ENGINE_VERSION,
        rules=hashlib.sha256(document.encode()).hexdigest(),
        previous=inputs.before.inputs_sha256 if inputs.before else "",
        bills={one.source_id: _bill_days(one, engine=engine, scratch=scratch) for one in revisions},
        digests=inputs.drivers,
        drivers=_driver_days(*inputs.driver_days) if known is None else known,
    )


def write_basis(basis: Basis, *, to: Path) -> None:
    """Keep what a run stood on beside it."""
    (to / FILE).write_text(json.dumps(asdict(basis), sort_keys=True), encoding="utf-8")


def read_basis(folder: Path) -> Basis | None:
    """Return what a run stood on; None where it did not keep it."""
    file = folder / FILE
    return Basis(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def changed_days(before: Days, after: Days) -> dict[str, set[date]]:
    """Return the days that two contents do not have alike, by source or driver; only those with any."""
    found = {}
    for name in {*before, *after}:
        old, new = before.get(name, {}), after.get(name, {})
        days = {date.fromisoformat(day) for day in {*old, *new} if old.get(day) != new.get(day)}
        if days:
            found[name] = days
    return found


def _bill_days(revision: Revision, *, engine: DuckDB, scratch: Path) -> dict[str, str]:
    names = [name for name in pq.read_schema(revision.attribute_sets).names if name != "attribute_set_id"]
    said = literal(json.dumps([revision.source_name, names]))
    row = ["attributes", *(name for name in DAILY_SCHEMA if name not in {"charge_date", "attribute_set_id"})]
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    sets = f"SELECT attribute_set_id, hash(hash({columns})) AS attributes FROM {file_rows(revision.attribute_sets)}"  # noqa: S608
    with connect(engine, reads=[revision.daily, revision.attribute_sets], writes=scratch) as database:
        rows = database.execute(
            f"""
            SELECT charge_date, {content([said, *row])}
            FROM {file_rows(revision.daily)} JOIN ({sets}) USING (attribute_set_id)
            GROUP BY charge_date
            """  # noqa: S608 - names of our own, and of columns between quotes
        ).fetchall()
    return {day.isoformat(): found for day, found in rows}


def _driver_days(first: date, end: date) -> Days:
    """Return digests of each driver's values by day, from `first` until before `end`, made in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT driver, date, md5(string_agg(quantity || ' ' || value, chr(10) ORDER BY value))"
            " FROM allocation_drivervalue"
            " WHERE organization_id = (SELECT itfm_current_organization()) AND date >= %s AND date < %s"
            " GROUP BY driver, date",
            [first, end],
        )
        found: Days = {}
        for driver, day, digest in cursor.fetchall():
            found.setdefault(driver, {})[day.isoformat()] = digest
    return found

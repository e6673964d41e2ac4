"""The proof of a run: what went in, what every step sums to, and whether it is all the same. Reads files only.

The sums are plain SQL over the published Parquet files, not the expressions that wrote them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

import duckdb

from allocation.engine import drivers, rules
from allocation.engine.backends.duckdb import DuckDB, connect
from allocation.engine.findings import DriverMatch, Finding, Held
from allocation.engine.inputs import RunInputs
from allocation.engine.run_files import (
    DAYS,
    DAYS_PATCH,
    PATCH,
    REPLACED,
    TABLES,
    create_views,
    file_of,
    file_rows,
    files_of,
    without,
)
from allocation.engine.schema import Flag, Model, Quantity
from allocation.engine.weighing import COSTS
from itfm.core import money

ENGINE_VERSION: Final = "6"

Sums = dict[str, dict[str, Quantity]]
"""Billing currency -> cost column -> sum."""

_SUMS = ", ".join(f"COALESCE(SUM({cost}), 0) AS {cost}" for cost in COSTS)


class Step(Model):
    """What one step of the run sums to."""

    name: str
    sums: Sums


class RevisionInput(Model):
    """One bill revision and the SHA-256 of its files."""

    source_id: str
    revision_id: str
    daily: str
    attribute_sets: str


class Inputs(Model):
    """The SHA-256 of everything a run depends on."""

    rule_set: str
    revisions: tuple[RevisionInput, ...]
    drivers: dict[str, str]


class Measurement(Model):
    """What the files of a run say, however they were made."""

    inputs: Inputs
    files: dict[str, str]
    rows: dict[str, int]
    steps: tuple[Step, ...]
    unbalanced_origins: int
    unallocated: dict[str, Sums]


class Proof(Model):
    """A measurement with its verdict, and what the run had to say. `problems` is empty when it holds."""

    engine_version: str
    period: str
    holds: Flag
    problems: tuple[str, ...]
    measured: Measurement
    held: tuple[Held, ...] = ()
    findings: tuple[Finding, ...] = ()
    drivers: tuple[DriverMatch, ...] = ()

    def sums(self, step: str) -> Sums:
        """Return what a step sums to: `bill`, `classified`, `stage <n>` or `ledger`."""
        return next(found.sums for found in self.measured.steps if found.name == step)


def conclude(
    measured: Measurement,
    *,
    period: str,
    held: Iterable[Held] = (),
    findings: Iterable[Finding] = (),
    matches: Iterable[DriverMatch] = (),
) -> Proof:
    """Return the proof of a measurement."""
    problems = tuple(_problems(measured))
    return Proof(
        engine_version=ENGINE_VERSION,
        period=period,
        holds=not problems,
        problems=problems,
        measured=measured,
        held=tuple(held),
        findings=tuple(findings),
        drivers=tuple(matches),
    )


def prove(run_folder: Path, inputs: RunInputs, *, backend: DuckDB | None = None) -> Proof:
    """Measure a run's files again and compare with the proof beside them; differences are its problems."""
    stored = read(run_folder)
    measured = measure(run_folder, inputs, backend=backend or DuckDB())
    problems = [*_problems(measured), *_differences(stored.measured, measured)]
    if not stored.holds:
        problems.append("The stored proof does not hold.")
    return stored.model_copy(update={"measured": measured, "holds": not problems, "problems": tuple(problems)})


def read(run_folder: Path) -> Proof:
    """Return the proof stored with a run."""
    return Proof.model_validate_json((run_folder / "proof.json").read_bytes())


def write(proof: Proof, run_folder: Path) -> None:
    """Store the proof with its run: JSON with sorted keys."""
    text = json.dumps(proof.model_dump(mode="json"), sort_keys=True, indent=1, ensure_ascii=False)
    (run_folder / "proof.json").write_text(text + "\n", encoding="utf-8")


def measure(
    run_folder: Path,
    inputs: RunInputs,
    *,
    backend: DuckDB,
    keeps_days: bool = False,
    before: Path | None = None,
    known: Inputs | None = None,
) -> Measurement:
    """Sum the files of a run and of its bills.

    :param keeps_days: write the sums by day beside the ledger.
    :param before: the folder of the run whose ledger file the run has: what stands in its patch is summed up, and the
        sums by day of all else are those that run was proved with.
    :param known: the rule set and the drivers, which need not be looked at again.
    """
    bills, files = [revision.daily for revision in inputs.revisions], files_of(run_folder)
    taken = [] if before is None else [file_of(before, "days")]
    fresh = "ledger" if before is None else file_rows(run_folder / PATCH)
    with connect(backend, reads=[*bills, *files, *taken], writes=run_folder) as connection:
        create_views(connection, run_folder)
        connection.execute(f"CREATE VIEW bill AS {_bill(inputs)}")
        connection.execute(_FRESH_DAYS.format(rows=fresh))
        kept = "" if before is None else _kept_days(run_folder, before)
        connection.execute(f"CREATE VIEW ledger_days AS SELECT * FROM fresh_days {kept}")  # noqa: S608
        if keeps_days:
            file = run_folder / (DAYS if before is None else DAYS_PATCH)
            connection.execute(_WRITE_DAYS.format(file=_text(file)))
        connection.execute(_LEDGER_SUMS)
        return Measurement(
            inputs=_inputs(inputs, known=known),
            files={path.name: _digest(path) for path in files},
            rows={name: _number(connection, _ROWS.get(name, _COUNT).format(name=name)) for name in ("bill", *TABLES)},
            steps=tuple(_steps(connection)),
            unbalanced_origins=_number(connection, _UNBALANCED.format(rows=fresh)),
            unallocated=_unallocated(connection, [one.key for one in inputs.rule_set.dimensions]),
        )


def _kept_days(run_folder: Path, before: Path) -> str:
    """Return the SQL that adds the sums by day of what stands in the ledger file that both runs have."""
    rows = without(file_rows(file_of(before, "days")), file_rows(run_folder / REPLACED))
    return f"UNION ALL SELECT * FROM {rows}"  # noqa: S608


def _bill(inputs: RunInputs) -> str:
    """Return the SQL of the daily rows of all bills with their source."""
    parts = [
        f"SELECT *, {_text(revision.source_id)} AS source_id FROM {file_rows(revision.daily)}"  # noqa: S608
        for revision in inputs.revisions
    ]
    return " UNION ALL BY NAME ".join(parts)


# Grain: one row per split, day, segment and currency of the ledger. Rows whose names are lost do not count.
_FRESH_DAYS = f"""
CREATE TEMP TABLE fresh_days AS
SELECT
    split_number, charge_date, segment_id, billing_currency, COUNT(*) AS row_count,
    {", ".join(f"SUM({name}) AS {name}" for name in (*COSTS, "consumed_quantity"))},
    CAST(SUM(charge_count) AS BIGINT) AS charge_count
FROM {{rows}} SEMI JOIN cells USING (cell_id)
GROUP BY split_number, charge_date, segment_id, billing_currency
"""  # noqa: S608
_WRITE_DAYS = """
COPY (
    SELECT * FROM fresh_days ORDER BY split_number NULLS FIRST, charge_date, segment_id, billing_currency
) TO {file} (FORMAT parquet, COMPRESSION zstd)
"""
_COUNT: Final = "SELECT COUNT(*) FROM {name}"
_ROWS: Final = {"ledger": "SELECT COALESCE(SUM(row_count), 0) FROM ledger_days"}
# Grain: one row per split, segment and currency.
_LEDGER_SUMS = f"""
CREATE TEMP TABLE ledger_sums AS
SELECT split_number, stage, segment_id, billing_currency, {", ".join(COSTS)}
FROM (
    SELECT split_number, segment_id, billing_currency, {_SUMS}
    FROM ledger_days
    GROUP BY split_number, segment_id, billing_currency
) LEFT JOIN splits USING (split_number)
"""  # noqa: S608

# An origin is one pool cell on one day; its minus and its pluses sum to zero in every cost column.
_UNBALANCED = f"""
SELECT COUNT(*)
FROM (
    SELECT split_number
    FROM {{rows}}
    WHERE split_number IS NOT NULL
    GROUP BY split_number, charge_date, cell_id, pool_segment_id, billing_currency
    HAVING {" OR ".join(f"SUM({cost}) <> 0" for cost in COSTS)}
)
"""  # noqa: S608

_BY_CURRENCY = f"SELECT billing_currency, {_SUMS} FROM {{rows}} GROUP BY billing_currency ORDER BY billing_currency"  # noqa: S608


def _steps(connection: duckdb.DuckDBPyConnection) -> Iterable[Step]:
    yield Step(name="bill", sums=_sums(connection, _BY_CURRENCY.format(rows="bill")))
    joined = "bill JOIN classification USING (source_id, attribute_set_id)"
    yield Step(name="classified", sums=_sums(connection, _BY_CURRENCY.format(rows=joined)))
    stages = connection.execute(
        "SELECT DISTINCT stage FROM ledger_sums WHERE stage IS NOT NULL ORDER BY stage"
    ).fetchall()
    for (stage,) in stages:
        until = f"(SELECT * FROM ledger_sums WHERE stage IS NULL OR stage <= {int(stage)})"  # noqa: S608
        yield Step(name=f"stage {stage}", sums=_sums(connection, _BY_CURRENCY.format(rows=until)))
    yield Step(name="ledger", sums=_sums(connection, _BY_CURRENCY.format(rows="ledger_sums")))


def _sums(connection: duckdb.DuckDBPyConnection, query: str) -> Sums:
    found = connection.execute(query).fetchall()
    return {row[0]: dict(zip(COSTS, row[1:], strict=True)) for row in found}


def _unallocated(connection: duckdb.DuckDBPyConnection, keys: list[str]) -> dict[str, Sums]:
    """Return what no rule of a dimension caught and no split gave to a value of it."""
    found = connection.execute(
        f"""
        SELECT dimension_values, billing_currency, {_SUMS}
        FROM ledger_sums JOIN segments USING (segment_id)
        GROUP BY dimension_values, billing_currency
        """  # noqa: S608
    ).fetchall()
    totals: dict[str, dict[str, list[Decimal]]] = {key: defaultdict(lambda: [Decimal(0)] * 4) for key in keys}
    for values, currency, *sums in found:
        present = json.loads(values)
        for key in keys:
            if key not in present:
                before = totals[key][currency]
                totals[key][currency] = [money.CONTEXT.add(a, b) for a, b in zip(before, sums, strict=True)]
    return {
        key: {currency: dict(zip(COSTS, sums, strict=True)) for currency, sums in sorted(found.items())}
        for key, found in totals.items()
    }


def _problems(measured: Measurement) -> Iterable[str]:
    bill = measured.steps[0].sums
    for step in measured.steps[1:]:
        for currency in sorted({*bill, *step.sums}):
            for cost in COSTS:
                expected = bill.get(currency, {}).get(cost, Decimal(0))
                found = step.sums.get(currency, {}).get(cost, Decimal(0))
                if expected != found:
                    yield f"{step.name}: {cost} in {currency} sums to {found:f}, the bill to {expected:f}."
    if measured.unbalanced_origins:
        yield f"{measured.unbalanced_origins} split cells do not sum to zero with what they gave."


def _differences(stored: Measurement, measured: Measurement) -> Iterable[str]:
    before, after = stored.model_dump(mode="json"), measured.model_dump(mode="json")
    for name in before:
        if before[name] != after[name]:
            yield f"{name}: differs from the stored proof."


def _inputs(inputs: RunInputs, *, known: Inputs | None) -> Inputs:
    return Inputs(
        rule_set=rules.fingerprint(inputs.rule_set) if known is None else known.rule_set,
        revisions=tuple(
            RevisionInput(
                source_id=revision.source_id,
                revision_id=revision.revision_id,
                daily=_digest(revision.daily),
                attribute_sets=_digest(revision.attribute_sets),
            )
            for revision in sorted(inputs.revisions, key=lambda one: one.source_id)
        ),
        drivers=_driver_digests(inputs) if known is None else known.drivers,
    )


def _driver_digests(inputs: RunInputs) -> dict[str, str]:
    keys = sorted(driver.key for driver in inputs.rule_set.drivers)
    return {key: drivers.fingerprint(inputs.driver_values(key)) for key in keys}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _text(value: Any) -> str:
    return "'" + str(value).replace("'", "''") + "'"

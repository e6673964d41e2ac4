"""A run loads again what it changed and nothing else, and the pages' sums are those of a load of everything."""

import tempfile
import uuid
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from allocation.costs.months import write_months
from allocation.engine import rules as engine_rules
from allocation.engine import run as engine_run
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.inputs import RunInputs
from allocation.models import AllocationRun
from allocation.services import allocate, parts, publish_rules
from allocation.services import runs as runs_module
from allocation.services.mart import DAILY, MART, replace_days, replace_mart
from allocation.services.parts import Part, changed_parts, read_parts, write_parts
from itfm.core import lake
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine import test_properties as drawn
from tests.allocation.engine.bills import OCTOBER, charge, day, write_revision
from tests.conftest import NOW

ENGINE = DuckDB(memory_limit="256MiB", threads=1)
MONEY = pa.decimal128(38, 18)
RULES = """
version: 1
dimensions: [{key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}]
splits:
  - {key: platform, name: Platform, stage: 1, pool: {dimension: team, equals: platform}, window: {kind: day},
     receivers: {dimension: team, one_of: [payments, search]}, method: {kind: even}}
"""
ALIKE = {
    "charge_date": day(1), "cell_id": 0, "mart_id": 0, "segment_id": 0, "billing_currency": "USD", "split_number": None,
    "dimension_values": '{"team":"a"}', "charge_count": 1, **dict.fromkeys(parts.AMOUNTS, Decimal(1)),
    **dict.fromkeys(parts.NAMES, "x"),
}  # fmt: skip


def files(folder, *rows):
    """Write what a run writes of ledger rows that each have a cell and a segment of their own."""
    folder.mkdir(parents=True)
    numbered = [{**ALIKE, **row, "cell_id": at, "mart_id": at, "segment_id": at} for at, row in enumerate(rows)]
    kinds = {"charge_date": pa.date32(), "charge_count": pa.int64(), "billing_currency": pa.string()}
    kinds |= dict.fromkeys(("cell_id", "mart_id", "segment_id", "split_number", "stage"), pa.int32())
    kinds |= dict.fromkeys(parts.AMOUNTS, MONEY)
    tables = {
        "ledger": ("charge_date", "cell_id", "segment_id", "billing_currency", "split_number", "charge_count", *parts.AMOUNTS),
        "cells": ("cell_id", "mart_id", *parts.NAMES),
        "segments": ("segment_id", "dimension_values"),
    }  # fmt: skip
    for name, columns in tables.items():
        table = {one: pa.array([row[one] for row in numbered], kinds.get(one, pa.string())) for one in columns}
        pq.write_table(pa.table(table), folder / f"{name}.parquet")
    splits = {"split_number": pa.array([0], pa.int32()), "split_key": pa.array(["platform"])}
    pq.write_table(pa.table(splits), folder / "splits.parquet")
    write_parts(folder, engine=ENGINE)
    return folder


OTHER = {
    **dict.fromkeys(parts.NAMES, "y"), **dict.fromkeys(parts.AMOUNTS, Decimal("1.000000000000000001")),
    "billing_currency": "EUR", "dimension_values": '{"team":"b"}', "charge_count": 2,
}  # fmt: skip


@pytest.mark.parametrize("column", OTHER)
def test_whatever_the_mart_says_of_a_row_is_part_of_the_content(tmp_path, column):
    before = files(tmp_path / "before", {}, {"charge_date": day(2)})
    after = files(tmp_path / "after", {column: OTHER[column]}, {"charge_date": day(2)})

    assert changed_parts(before, after) == [Part("direct", day(1))]


def test_an_absent_text_is_not_an_empty_one(tmp_path):
    before = files(tmp_path / "before", {"region_id": None})

    assert changed_parts(before, files(tmp_path / "after", {"region_id": ""})) == [Part("direct", day(1))]


def test_parts_are_told_apart_by_day_and_by_what_moved_them(tmp_path):
    folder = files(tmp_path / "run", {}, {}, {"charge_date": day(2)}, {"split_number": 0})

    assert list(read_parts(folder)) == [Part("direct", day(1)), Part("direct", day(2)), Part("platform", day(1))]
    assert pq.read_table(folder / parts.FILE)["row_count"].to_pylist() == [2, 1, 1]


def test_other_numbers_for_the_same_texts_change_nothing(tmp_path):
    first, last = {"service_name": "a"}, {"service_name": "z", "charge_date": day(2), "dimension_values": "{}"}
    between = {"service_name": "m", "charge_date": day(3)}

    before = files(tmp_path / "before", first, last)
    after = files(tmp_path / "after", first, between, last)

    assert changed_parts(before, after) == [Part("direct", day(3))]


def test_what_is_gone_has_changed_and_a_run_of_before_is_not_known(tmp_path):
    before = files(tmp_path / "before", {}, {"split_number": 0})
    after = files(tmp_path / "after", {})

    assert changed_parts(before, after) == [Part("platform", day(1))]
    (before / parts.FILE).unlink()
    assert changed_parts(before, after) is None


CHARGES = [
    charge(str(10 * on + at), on=on, tags={"team": team}, service_name="EC2", sub_account_id=team)
    for on in (1, 2, 3)
    for at, team in enumerate(["platform", "payments", "search"])
]


def stored(table=MART):
    """Return the rows of a table of the mart, but for the runs that wrote them."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t) - 'run_id' FROM {table} AS t ORDER BY 1::text")
        return sorted(map(str, cursor.fetchall()))


def writers(organization):
    """Return which run wrote the rows of each part."""
    with tenant(organization.id), connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT origin, charge_date, run_id FROM {MART}")
        found = cursor.fetchall()
    assert len(found) == len({row[:2] for row in found}), "a part is of one run"
    return {(origin, on): run for origin, on, run in found}


@pytest.mark.django_db
def test_a_restated_day_is_loaded_and_the_other_days_stay(acme):
    with tenant(acme.id):
        publish_rules(engine_rules.parse(RULES), organization_id=acme.id, published_by=None, at=NOW)
    bill_in_force(acme, CHARGES)
    first = allocate(acme.id, period=OCTOBER)
    bill_in_force(acme, [*CHARGES, charge("7", on=2, tags={"team": "search"}, service_name="A new one")])

    second = allocate(acme.id, period=OCTOBER)

    # What the platform hands on is the same on the second day, too: its pool and its receivers are.
    parts_of_first = {(origin, day(on)): first.id for origin in ("direct", "platform") for on in (1, 2, 3)}
    assert writers(acme) == parts_of_first | {("direct", day(2)): second.id}
    with tenant(acme.id):
        found = {table: stored(table) for table in (MART, DAILY)}
    third = allocate(acme.id, period=OCTOBER, again=True)
    assert set(writers(acme).values()) == {third.id}
    with tenant(acme.id):
        assert found == {table: stored(table) for table in (MART, DAILY)}
        assert all(found.values())


@pytest.mark.django_db
def test_a_run_whose_parts_are_not_known_is_replaced_as_a_whole(acme):
    bill_in_force(acme, CHARGES)
    first = allocate(acme.id, period=OCTOBER)
    (lake.organization_folder(acme.id) / first.folder / parts.FILE).unlink()
    bill_in_force(acme, CHARGES[:-1])

    second = allocate(acme.id, period=OCTOBER)

    assert set(writers(acme).values()) == {second.id}


@pytest.mark.django_db
def test_a_run_whose_parts_were_written_by_the_version_before_is_replaced_as_a_whole(acme):
    bill_in_force(acme, CHARGES)
    first = allocate(acme.id, period=OCTOBER)
    file = lake.organization_folder(acme.id) / first.folder / parts.FILE
    pq.write_table(pq.read_table(file).rename_columns({"content": "sha256"}), file)
    bill_in_force(acme, CHARGES[:-1])

    second = allocate(acme.id, period=OCTOBER)

    assert set(writers(acme).values()) == {second.id}


DEFECTS = {
    "a row that was not loaded": f"DELETE FROM {MART} WHERE charge_date = '2026-10-03' AND service_name = 'Late'",
    "sums by day that differ": f"UPDATE {DAILY} SET list_cost = list_cost + 1 WHERE charge_date = '2026-10-03'",
    "sums by day of a part that stays": f"UPDATE {DAILY} SET billed_cost = 0 WHERE charge_date = '2026-10-01'",
}


@pytest.mark.django_db
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_load_of_some_parts_that_does_not_add_up_leaves_the_run_before_in_force(acme, monkeypatch, defect):
    bill_in_force(acme, CHARGES)
    first = allocate(acme.id, period=OCTOBER)
    before = {table: stored_of(acme, table) for table in (MART, DAILY)}
    bill_in_force(acme, [*CHARGES, charge("7", on=3, tags={"team": "search"}, service_name="Late")])
    load = runs_module.replace_mart

    def load_with_a_planted_defect(run, **options):
        replaced = load(run, **options)
        assert replaced == [Part("direct", day(3))]
        with connection.cursor() as cursor:
            cursor.execute(DEFECTS[defect])
            assert cursor.rowcount
        return replaced

    monkeypatch.setattr(runs_module, "replace_mart", load_with_a_planted_defect)
    with pytest.raises(runs_module.AllocationRefusedError, match="mart in Postgres"):
        allocate(acme.id, period=OCTOBER)

    assert before == {table: stored_of(acme, table) for table in (MART, DAILY)}
    with tenant(acme.id):
        assert AllocationRun.objects.get(state="published").id == first.id


def stored_of(organization, table):
    with tenant(organization.id):
        return stored(table)


SOURCES = [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))]
CHANGES = st.sampled_from(["restated day", "lost charge", "split", "driver day", "rule", "source"])


def inputs(folder, charges, splits, drivers, *, rule=False, sources=1):
    """Return drawn charges, splits and drivers as a run's inputs; `rule` calls a team something else."""
    document = engine_rules.to_document(drawn.rule_set(drawn.in_order(splits)))
    if rule:
        other = {"when": {"tag": "team", "equals": "a"}, "value": "c"}
        document["dimensions"][0]["rules"].insert(0, other)
    return RunInputs(
        revisions=tuple(
            write_revision(folder / source, drawn.bill(charges), source=source) for source in SOURCES[:sources]
        ),
        rule_set=engine_rules.from_document({**document, "version": "1"}),
        period=OCTOBER,
        drivers=drawn.driver_values(drivers),
    )


def after(change, charges, splits, drivers, other):
    """Return the inputs after one change; what replaces a split or a charge is drawn too."""
    other_charge, other_split = other
    given = {
        "restated day": ([*charges[:-1], other_charge], splits, drivers),
        "lost charge": (charges[1:] or [other_charge], splits, drivers),
        "split": (charges, [other_split, *splits[1:]], drivers),
        "driver day": (charges, splits, {**drivers, "d": [*drivers["d"], (day(2), "b", Decimal(3))]}),
    }.get(change, (charges, splits, drivers))
    return given, {"rule": change == "rule", "sources": 2 if change == "source" else 1}


def files_of(folder, given, **more):
    """Return the folder of a run with all its files."""
    result = engine_run.allocate(inputs(folder, *given, **more), output=folder / "run", backend=ENGINE)
    assert result.proof.holds, result.proof.problems
    write_months(result.folder, engine=ENGINE)
    write_parts(result.folder, engine=ENGINE)
    return result.folder


def check(organization, charges, splits, drivers, change, other):
    """Load a run, then the next one over it, and compare with a load of everything; return how many parts stayed."""
    with tempfile.TemporaryDirectory() as name, tenant(organization.id):
        root = Path(name)
        run = AllocationRun.objects.create(
            organization=organization, billing_period=OCTOBER, inputs_sha256="", revisions={}, started_at=NOW
        )
        before = files_of(root / "before", (charges, splits, drivers))
        given, more = after(change, charges, splits, drivers, other)
        next_one = files_of(root / "after", given, **more)
        replace_mart(run, folder=before, scratch=root)
        replace_mart(run, folder=next_one, scratch=root, before=before)
        found = {table: stored(table) for table in (MART, DAILY)}
        replace_mart(run, folder=next_one, scratch=root)
        assert found == {table: stored(table) for table in (MART, DAILY)}
        replace_days(organization.id, OCTOBER)
        assert found == {table: stored(table) for table in (MART, DAILY)}, "as Postgres sums them up from the rows"
        return len(read_parts(next_one)) - len(changed_parts(before, next_one))


ONE_OF = {"charges": drawn.CHARGES, "splits": drawn.SPLITS, "drivers": drawn.DRIVERS, "change": CHANGES,
          "other": st.tuples(drawn.CHARGES.map(lambda found: found[0]), drawn.SPLITS.map(lambda found: found[0]))}  # fmt: skip
SETTINGS = {
    "deadline": None, "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=12, **SETTINGS)
@given(**ONE_OF)
def test_after_any_change_the_mart_is_that_of_a_load_of_everything(acme, charges, splits, drivers, change, other):
    check(acme, charges, splits, drivers, change, other)


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=200, **SETTINGS)
@given(**ONE_OF)
def test_after_any_change_the_mart_is_that_of_a_load_of_everything_at_length(
    acme, charges, splits, drivers, change, other
):
    check(acme, charges, splits, drivers, change, other)


SHARED = {
    "stage": 1, "pool": "ops", "method": "fixed", "window": "day", "shares": {"a": "60", "b": "40"}, "cost": 1,
    "partitioned": False, "fallback": "hold", "missing": "zero",
}  # fmt: skip


def row(on, team, costs):
    return (day(on), "x", "S3", "USD", "Usage", team, tuple(map(Decimal, costs)))


@pytest.mark.django_db
def test_a_content_that_leaves_out_one_column_is_found_out(acme, monkeypatch):
    charges = [row(1, "ops", "1234"), row(2, "a", "1111"), row(3, "b", "1111")]
    restated = row(3, "b", "1115")
    rest = {"splits": [SHARED], "drivers": {"d": [], "size": []}, "change": "restated day", "other": (restated, SHARED)}
    assert check(acme, charges, **rest) == 3

    monkeypatch.setattr(parts, "AMOUNTS", tuple(name for name in parts.AMOUNTS if name != "contracted_cost"))

    with pytest.raises(AssertionError):
        check(acme, charges, **rest)

"""Whole runs over bills worked out by hand."""

import json
from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from allocation.engine import drivers, proof, rules, run
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.inputs import InputError, RunInputs
from tests.allocation.engine.bills import (
    OCTOBER,
    allocate,
    by_value,
    charge,
    day,
    ledger,
    mart,
    table,
    write_revision,
)

AMOUNTS = ("billed_cost", "effective_cost", "list_cost", "contracted_cost", "consumed_quantity", "charge_count")
TEAM = "- {key: team, name: Team, rules: [{when: {tag: team, exists: true}, value: {tag: team}}]}"
ENVIRONMENT = "- {key: env, name: Environment, rules: [{when: {tag: env, exists: true}, value: {tag: env}}]}"


def rule_set(*splits, drivers=(), dimensions=(TEAM,)):
    newline = "\n"
    return rules.parse(
        f"version: 1\ndimensions:\n{newline.join(dimensions)}\n"
        + (f"splits:\n{newline.join(f'- {{{split}}}' for split in splits)}\n" if splits else "")
        + (f"drivers:\n{newline.join(f'- {driver}' for driver in drivers)}\n" if drivers else "")
    )


def team(name, cost, **more):
    columns = {"sub_account_id": f"acc-{name}", **more}
    return charge(cost, tags={"team": name, **columns.pop("tags", {})}, **columns)


def split(method, *, key="shared", stage=1, pool="dimension: team, equals: Shared", more=""):
    return f"key: {key}, name: S, stage: {stage}, pool: {{{pool}}}, receivers: {{dimension: team}}, method: {{{method}}}{more}"


def test_a_run_without_splits_gives_every_charge_its_value_and_leaves_the_rest_unallocated(tmp_path):
    charges = [team("a", "10"), team("b", "2.5"), charge("1.25", service_name="EC2"), team("a", "1", on=2)]

    _, result = allocate(tmp_path, rule_set(), charges)

    assert by_value(result) == {"a": Decimal(11), "b": Decimal("2.5"), None: Decimal("1.25")}
    assert result.proof.holds
    assert result.proof.measured.unallocated["team"]["USD"]["billed_cost"] == Decimal("1.25")
    assert result.proof.sums("ledger")["USD"]["list_cost"] == Decimal("14.75")
    assert [row["rules"] for row in table(result.folder, "classification")].count("{}") == 1


def test_an_even_split_shares_a_hundred_over_three_to_the_last_quantum(tmp_path):
    charges = [team("Shared", "100.00", service_name="S3"), *(team(name, "1") for name in "cab")]

    _, result = allocate(tmp_path, rule_set(split("kind: even")), charges)

    assert by_value(result, origin="shared") == {
        "Shared": Decimal(-100),
        "a": Decimal("33.333333333334"),
        "b": Decimal("33.333333333333"),
        "c": Decimal("33.333333333333"),
    }
    incoming = [row for row in ledger(result.folder) if row["entry"] == "in"]
    assert {(row["sub_account_id"], row["service_name"]) for row in incoming} == {("acc-Shared", "S3")}
    assert {(row["driver_quantity"], row["driver_total"], row["fallback"]) for row in incoming} == {(1, 3, None)}
    assert result.proof.holds


def test_an_even_split_counts_only_who_is_present_in_the_window(tmp_path):
    charges = [team("Shared", "6", on=1), team("Shared", "6", on=2), team("a", "1", on=1), team("b", "1", on=2)]

    _, by_day = allocate(tmp_path / "day", rule_set(split("kind: even", more=", window: {kind: day}")), charges)
    _, whole = allocate(tmp_path / "whole", rule_set(split("kind: even")), charges)

    assert by_value(by_day, charge_date=day(1)) == {"a": Decimal(7)}
    assert by_value(whole, charge_date=day(1)) == {"a": Decimal(4), "b": Decimal(3)}


def test_an_even_split_over_listed_receivers_reaches_only_those_who_are_present(tmp_path):
    listed = split("kind: even", more=", window: {kind: day}").replace(
        "receivers: {dimension: team}", "receivers: {dimension: team, one_of: [a, b]}"
    )
    charges = [*(team("Shared", "6", on=on) for on in (1, 2, 3)), team("a", "1", on=1), team("a", "1", on=2)]
    charges += [team("b", "1", on=2), team("c", "1", on=3)]

    _, result = allocate(tmp_path, rule_set(listed), charges)

    assert by_value(result, charge_date=day(1)) == {"a": Decimal(7)}
    assert by_value(result, charge_date=day(2)) == {"a": Decimal(4), "b": Decimal(4)}
    assert by_value(result, charge_date=day(3)) == {"Shared": Decimal(6), "c": Decimal(1)}
    assert [finding.code for finding in result.proof.findings] == ["no_weight"]


def test_a_fixed_split_follows_its_percentages_and_gives_the_remainder_to_its_receiver(tmp_path):
    charges = [team("Shared", "10"), team("a", "1")]

    _, result = allocate(tmp_path, rule_set(split("kind: fixed, shares: {a: 60, b: 15.5}, remainder: c")), charges)

    assert by_value(result) == {"a": Decimal(7), "b": Decimal("1.55"), "c": Decimal("2.45")}


def test_a_proportional_split_weighs_own_usage_in_the_chosen_cost(tmp_path):
    charges = [
        team("Shared", "100"),
        team("a", "0", costs=["1", "30", "5", "5"]),
        team("b", "0", costs=["1", "10", "5", "5"]),
        team("b", "1000", charge_category="Tax"),
    ]

    _, result = allocate(tmp_path, rule_set(split("kind: proportional")), charges)

    assert by_value(result, origin="shared") == {"Shared": Decimal(-100), "a": Decimal(75), "b": Decimal(25)}
    assert by_value(result, origin="shared", cost="billed_cost") == by_value(result, origin="shared")


def test_currencies_are_weighed_apart(tmp_path):
    charges = [team("Shared", "9"), team("Shared", "9", currency="EUR"), team("a", "1"), team("b", "2"),
               team("b", "5", currency="EUR")]  # fmt: skip

    _, result = allocate(tmp_path, rule_set(split("kind: proportional")), charges)

    assert by_value(result, billing_currency="USD") == {"a": Decimal(4), "b": Decimal(8)}
    assert by_value(result, billing_currency="EUR") == {"b": Decimal(14)}


DRIVER = "{key: gb, name: Logs, dimension: team, unit: GB}"


def gigabytes(*rows):
    return {"gb": drivers.read_csv("date,value,quantity\n" + "\n".join(rows))}


def test_a_metric_split_follows_the_driver_of_the_window(tmp_path):
    charges = [team("Shared", "8", on=3), team("a", "1"), team("b", "1")]
    given = gigabytes("2026-10-01,a,1", "2026-10-02,a,3", "2026-10-03,b,1", "2026-10-20,b,11")

    def shared(window):
        splits = rule_set(split("kind: metric, driver: gb", more=f", window: {window}"), drivers=[DRIVER])
        _, result = allocate(tmp_path / window[7:10], splits, charges, drivers=given)
        return by_value(result, origin="shared")

    assert shared("{kind: day}") == {"Shared": Decimal(-8), "b": Decimal(8)}
    assert shared("{kind: trailing, days: 2}") == {"Shared": Decimal(-8), "a": Decimal(6), "b": Decimal(2)}
    assert shared("{kind: billing_period}") == {"Shared": Decimal(-8), "a": Decimal(2), "b": Decimal(6)}


def test_driver_values_without_a_receiver_are_counted_and_reported(tmp_path):
    splits = rule_set(split("kind: metric, driver: gb"), drivers=[DRIVER])
    given = gigabytes("2026-10-01,a,1", "2026-10-01,paymnts,2.5", "2026-09-30,old,1")

    _, result = allocate(tmp_path, splits, [team("Shared", "8"), team("a", "1")], drivers=given)

    (match,) = result.proof.drivers
    assert (match.received, match.matched, match.unmatched, match.unmatched_quantity) == (2, 1, 1, Decimal("2.5"))
    (finding,) = result.proof.findings
    assert (finding.code, finding.values) == ("unmatched_driver_values", ("paymnts",))
    assert by_value(result) == {"a": Decimal(9)}


@pytest.mark.parametrize(
    ("fallback", "expected", "code"),
    [
        ("{kind: hold}", {"Shared": Decimal(8), "a": Decimal(1), "b": Decimal(1)}, "no_weight"),
        ("{kind: even}", {"a": Decimal(5), "b": Decimal(5)}, "fallback_used"),
        ("{kind: fixed, shares: {a: 25, c: 75}}", {"a": Decimal(3), "b": Decimal(1), "c": Decimal(6)}, "fallback_used"),
        ("{kind: previous}", {"a": Decimal(7), "b": Decimal(3)}, "fallback_used"),
    ],
)
def test_a_driver_that_totals_zero_falls_back(tmp_path, fallback, expected, code):
    splits = rule_set(split("kind: metric, driver: gb", more=f", fallback: {fallback}"), drivers=[DRIVER])
    previous = {"shared": {"a": Decimal(3), "b": Decimal(1)}}

    _, result = allocate(
        tmp_path, splits, [team("Shared", "8"), team("a", "1"), team("b", "1")], previous_weights=previous
    )

    assert by_value(result) == expected
    assert [finding.code for finding in result.proof.findings] == [code]
    assert result.proof.holds


def test_an_unknown_previous_period_holds_the_amount(tmp_path):
    splits = rule_set(split("kind: metric, driver: gb", more=", fallback: {kind: previous}"), drivers=[DRIVER])

    _, result = allocate(tmp_path, splits, [team("Shared", "8"), team("a", "1")])

    assert by_value(result) == {"Shared": Decimal(8), "a": Decimal(1)}
    (held,) = result.proof.held
    assert (held.reason, held.billing_currency, held.costs["billed_cost"]) == ("previous_unknown", "USD", Decimal(8))


def test_a_negative_weight_stops_the_whole_split(tmp_path):
    splits = rule_set(split("kind: metric, driver: gb", more=", window: {kind: day}"), drivers=[DRIVER])
    given = gigabytes("2026-10-01,a,1", "2026-10-02,a,2", "2026-10-02,b,-1")

    _, result = allocate(
        tmp_path,
        splits,
        [team("Shared", "8"), team("Shared", "8", on=2), team("a", "1"), team("b", "1")],
        drivers=given,
    )

    assert by_value(result) == {"Shared": Decimal(16), "a": Decimal(1), "b": Decimal(1)}
    assert [(found.code, found.values) for found in result.proof.findings] == [("negative_weight", ("b",))]


def test_a_pool_without_receivers_is_held(tmp_path):
    _, result = allocate(tmp_path, rule_set(split("kind: even")), [team("Shared", "8")])

    assert by_value(result) == {"Shared": Decimal(8)}
    assert [finding.code for finding in result.proof.findings] == ["no_receivers"]


def test_a_credit_is_shared_like_a_cost(tmp_path):
    charges = [team("Shared", "-100"), *(team(name, "1") for name in "abc")]

    _, result = allocate(tmp_path, rule_set(split("kind: even")), charges)

    assert by_value(result, origin="shared")["a"] == Decimal("-33.333333333334")
    assert result.proof.holds


def test_stages_pass_on_what_the_stages_before_gave(tmp_path):
    first = split("kind: fixed, shares: {Ops: 50, a: 50}")
    second = split("kind: fixed, shares: {a: 25, b: 75}", key="ops", stage=2, pool="dimension: team, equals: Ops")
    charges = [team("Shared", "80"), team("Ops", "10"), team("a", "1")]

    _, result = allocate(tmp_path, rule_set(second, first), charges)

    # Ops: 10 of its own and 40 received = 50; a: 1 + 40 + 12.5; b: 37.5.
    assert by_value(result) == {"a": Decimal("53.5"), "b": Decimal("37.5")}
    assert [step.name for step in result.proof.measured.steps] == [
        "bill",
        "classified",
        "stage 1",
        "stage 2",
        "ledger",
    ]


def test_splits_of_one_stage_do_not_see_each_other_and_the_first_takes_a_shared_cell(tmp_path):
    first = split("kind: fixed, shares: {Ops: 100}")
    second = split("kind: fixed, shares: {a: 100}", key="ops", pool="dimension: team, one_of: [Ops, Shared]")

    _, result = allocate(tmp_path, rule_set(first, second), [team("Shared", "8"), team("Ops", "2")])

    assert by_value(result) == {"Ops": Decimal(8), "a": Decimal(2)}
    assert [(found.code, found.split) for found in result.proof.findings] == [("overlapping_pools", "ops")]


def test_a_partition_keeps_cost_within_the_same_value(tmp_path):
    splits = rule_set(split("kind: even", more=", partition_by: [env]"), dimensions=[TEAM, ENVIRONMENT])
    charges = [
        team("Shared", "10", tags={"env": "prod"}),
        team("Shared", "4", tags={"env": "dev"}),
        team("Shared", "1", tags={"env": "test"}),
        team("a", "1", tags={"env": "prod"}),
        team("b", "1", tags={"env": "prod"}),
        team("b", "1", tags={"env": "dev"}),
    ]

    _, result = allocate(tmp_path, splits, charges)

    assert by_value(result, origin="shared") == {"Shared": Decimal(-14), "a": Decimal(5), "b": Decimal(9)}
    assert by_value(result, "env") == {"prod": Decimal(12), "dev": Decimal(5), "test": Decimal(1)}
    assert [found.code for found in result.proof.findings] == ["no_receivers"]


def test_a_pool_can_be_chosen_by_a_column_or_tag_that_pages_do_not_show(tmp_path):
    by_tag = split(
        "kind: fixed, shares: {b: 100}", pool="all: [{tag: shared, equals: y}, {column: x_operation, equals: Run}]"
    )
    charges = [team("a", "3", tags={"shared": "y"}, x_operation="Run"), team("a", "5", x_operation="Run")]

    _, result = allocate(tmp_path, rule_set(by_tag), charges)

    assert by_value(result) == {"a": Decimal(5), "b": Decimal(3)}


def test_quantities_and_counts_stay_where_they_were_consumed(tmp_path):
    _, result = allocate(tmp_path, rule_set(split("kind: even")), [team("Shared", "8", quantity="5"), team("a", "1")])

    rows = {(row["origin"], row["effective_cost"]): row for row in mart(result.folder)}
    assert (rows["direct", Decimal(8)]["consumed_quantity"], rows["direct", Decimal(8)]["charge_count"]) == (5, 1)
    assert (rows["shared", Decimal(-8)]["consumed_quantity"], rows["shared", Decimal(-8)]["charge_count"]) == (0, 0)


def test_several_sources_are_kept_apart_and_can_be_asked_for(tmp_path):
    by_source = "- {key: team, name: Team, rules: [{when: {source: true, equals: Amazon}, value: A}]}"
    one = write_revision(tmp_path / "one", [charge("3", service_name="X")], source="s1", name="Amazon")
    two = write_revision(tmp_path / "two", [charge("4", service_name="X")], source="s2")
    inputs = RunInputs(revisions=(two, one), rule_set=rule_set(dimensions=[by_source]), period=OCTOBER)

    result = run.allocate(inputs, output=tmp_path / "run")

    assert by_value(result) == {"A": Decimal(3), None: Decimal(4)}
    assert [row["source_id"] for row in mart(result.folder)] == ["s1", "s2"]
    assert result.proof.holds


def test_weights_too_long_for_the_engine_are_shared_just_as_exactly(tmp_path):
    given = gigabytes("2026-10-01,a,0.000000000000000001", "2026-10-01,b,9000000000000000000")
    splits = rule_set(split("kind: metric, driver: gb"), drivers=[DRIVER])

    _, result = allocate(
        tmp_path, splits, [team("Shared", "10000000000000000000"), team("a", "0"), team("b", "0")], drivers=given
    )

    # 10^19 x 10^-18 / (9 x 10^18 + 10^-18) is a little more than 1.111... x 10^-18: below one quantum.
    assert by_value(result) == {"b": Decimal(10) ** 19}
    assert result.proof.holds


def test_the_files_have_the_published_columns_and_one_order(tmp_path):
    charges = [team("Shared", "100", on=2), team("b", "1"), team("a", "1")]

    _, result = allocate(tmp_path, rule_set(split("kind: even")), charges)

    written = pq.read_schema(result.folder / "ledger.parquet")
    assert written.names == [
        "charge_date", "cell_id", "segment_id", "billing_currency", "entry", "split_number", "pool_segment_id", *AMOUNTS,
        "driver_quantity", "driver_total", "fallback",
    ]  # fmt: skip
    assert str(written.field("billed_cost").type) == "decimal128(38, 18)"
    assert str(written.field("charge_count").type) == "int64"
    assert pq.read_schema(result.folder / "cells.parquet").names == [
        "cell_id", "mart_id", "source_id", "billing_account_id", "sub_account_id", "service_provider_name",
        "service_name", "service_category", "region_id", "charge_category", "pricing_category",
        "commitment_discount_status",
    ]  # fmt: skip
    order = [(row["entry"], row["charge_date"].day, row["sub_account_id"]) for row in ledger(result.folder)]
    assert order == [
        ("direct", 1, "acc-a"), ("direct", 1, "acc-b"), ("direct", 2, "acc-Shared"),
        ("out", 2, "acc-Shared"), ("in", 2, "acc-Shared"), ("in", 2, "acc-Shared"),
    ]  # fmt: skip


def test_cells_that_pages_show_alike_are_one_row_of_the_mart(tmp_path):
    by_tag = split("kind: fixed, shares: {b: 100}", pool="tag: shared, equals: y")
    charges = [team("a", "3", tags={"shared": "y"}), team("a", "5"), team("b", "1", sub_account_id="acc-a")]

    _, result = allocate(tmp_path, rule_set(by_tag), charges)

    assert [(row["origin"], row["effective_cost"], row["charge_count"]) for row in mart(result.folder)] == [
        ("direct", Decimal(8), 2),
        ("direct", Decimal(1), 1),
        ("shared", Decimal(-3), 0),
        ("shared", Decimal(3), 0),
    ]
    assert [row["mart_id"] for row in table(result.folder, "cells")] == [0, 0]
    assert result.proof.holds


def test_the_same_inputs_give_the_same_bytes_on_one_thread_and_on_two(tmp_path):
    charges = [team("Shared", f"{n}.1", on=1 + n % 28, region_id=f"r{n % 5}") for n in range(60)]
    charges += [team(f"t{n % 7}", f"0.{n + 1}", on=1 + n % 28) for n in range(60)]
    splits = rule_set(split("kind: proportional"))

    _, one = allocate(tmp_path / "one", splits, charges, backend=DuckDB(threads=1))
    _, two = allocate(tmp_path / "two", splits, list(reversed(charges)), backend=DuckDB(threads=2))

    assert one.proof.measured.files == two.proof.measured.files


def test_files_of_several_row_groups_are_the_same_bytes_on_one_thread_and_on_two(tmp_path):
    charges = [team(f"t{n}", "1") for n in range(1000)]
    charges += [team("Shared", f"{n + 1}.07", region_id=f"r{n}") for n in range(130)]
    splits = rule_set(split("kind: even"))

    _, one = allocate(tmp_path / "one", splits, charges, backend=DuckDB(threads=1))
    _, two = allocate(tmp_path / "two", splits, charges, backend=DuckDB(threads=2))

    assert pq.ParquetFile(one.folder / "ledger.parquet").metadata.num_row_groups == 2
    assert one.proof.measured.files == two.proof.measured.files


def test_proving_again_finds_the_same_and_notices_a_changed_ledger(tmp_path):
    inputs, result = allocate(tmp_path, rule_set(split("kind: even")), [team("Shared", "8"), team("a", "1")])

    assert proof.prove(result.folder, inputs) == result.proof
    path = result.folder / "ledger.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)
    again = proof.prove(result.folder, inputs)

    assert not again.holds
    assert "files: differs from the stored proof." in again.problems
    assert any(problem.startswith("ledger: billed_cost in USD sums to") for problem in again.problems)


def test_proving_notices_a_cell_that_lost_its_names(tmp_path):
    inputs, result = allocate(tmp_path, rule_set(), [team("a", "8"), team("b", "1")])
    cells = result.folder / "cells.parquet"
    pq.write_table(pq.read_table(cells).slice(1), cells)

    again = proof.prove(result.folder, inputs)

    assert (
        "ledger: billed_cost in USD sums to 1.000000000000000000, the bill to 9.000000000000000000." in again.problems
    )


def test_proving_notices_a_ledger_that_moved_cost_without_its_pair(tmp_path):
    inputs, result = allocate(tmp_path, rule_set(split("kind: even")), [team("Shared", "8"), team("a", "1")])
    path = result.folder / "ledger.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.filter([entry != 1 for entry in rows.column("entry").to_pylist()]), path)

    again = proof.prove(result.folder, inputs)

    assert "1 split cells do not sum to zero with what they gave." in again.problems


def test_a_daily_row_without_its_attribute_set_breaks_the_proof(tmp_path):
    inputs, _ = allocate(tmp_path, rule_set(), [team("a", "8"), team("b", "1")])
    sets = inputs.revisions[0].attribute_sets
    pq.write_table(pq.read_table(sets).slice(1), sets)

    result = run.allocate(inputs, output=tmp_path / "again")

    assert not result.proof.holds
    assert any(problem.startswith("classified: billed_cost in USD") for problem in result.proof.problems)


def test_the_proof_names_its_inputs_and_is_plain_json(tmp_path):
    _, result = allocate(tmp_path, rule_set(split("kind: even")), [team("Shared", "8"), team("a", "1")])

    stored = json.loads((result.folder / "proof.json").read_text())

    assert stored["holds"] is True
    assert stored["period"] == "2026-10"
    assert len(stored["measured"]["inputs"]["revisions"][0]["daily"]) == 64
    assert Decimal(stored["measured"]["steps"][0]["sums"]["USD"]["billed_cost"]) == Decimal(9)


def test_refuses_inputs_that_do_not_fit_together(tmp_path):
    revision = write_revision(tmp_path / "bill", [charge("1")])

    with pytest.raises(InputError, match="not the first day"):
        RunInputs(revisions=(revision,), rule_set=rule_set(), period=date(2026, 10, 2))
    with pytest.raises(InputError, match="two revisions"):
        RunInputs(revisions=(revision, revision), rule_set=rule_set(), period=OCTOBER)
    with pytest.raises(InputError, match="does not name: gb"):
        RunInputs(revisions=(revision,), rule_set=rule_set(), period=OCTOBER, drivers=gigabytes())
    with pytest.raises(InputError, match="at least one"):
        run.allocate(RunInputs(revisions=(), rule_set=rule_set(), period=OCTOBER), output=tmp_path / "run")

"""The sample company's export of Google Cloud: exact, in whole cents, with every kind of credit."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from itfm.demo import company
from itfm.demo.company import DemoCompany

Row = dict[str, str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    """Return a company whose last month has a change of the clocks in Los Angeles."""
    return company.write(tmp_path_factory.mktemp("demo"), charges=20_000, months=2, last_month=date(2026, 11, 1))


def rows(demo: DemoCompany, month: str = "2026-11") -> list[Row]:
    [path] = (demo.folder / "gcp").glob(f"detailed/billing_period={month}/*.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def credits_of(row: Row) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(row["credits"], parse_float=Decimal, parse_int=Decimal)
    return found


def credited(row: Row) -> Decimal:
    return sum((credit["amount"] for credit in credits_of(row)), Decimal(0))


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_costs_and_credits_of_google_come_to_the_bill_in_whole_cents(demo, month):
    found, total = rows(demo, month), demo.totals["gcp", month]

    assert sum(Decimal(row["cost"]) + credited(row) for row in found) == total.cost
    assert total.cost == total.cost.quantize(Decimal("0.01"))
    promoted = [row for row in found if any(credit["type"] == "PROMOTION" for credit in credits_of(row))]
    assert len(promoted) == 3
    assert len(found) + len(promoted) == total.charges


def test_commitments_and_long_use_take_their_part_off(demo):
    parts: dict[str, set[Decimal]] = {}
    for row in rows(demo):
        for credit in credits_of(row):
            parts.setdefault(credit["type"], set()).add(round(-credit["amount"] / Decimal(row["cost"]), 6))

    assert parts["COMMITTED_USAGE_DISCOUNT"] == parts["COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"] == {Decimal(1)}
    assert parts["SUSTAINED_USAGE_DISCOUNT"] == {Decimal("0.2")}


def test_what_credits_take_off_is_paid_for_by_fees_that_are_less(demo):
    found = rows(demo)
    fees = {row["subscription.instance_id"]: row for row in found if row["sku.description"].startswith("Commitment")}

    assert fees.keys() == {"demo-n2-cores", "demo-cloud-sql"}
    for commitment, fee in fees.items():
        covered = [row for row in found if row["subscription.instance_id"] == commitment and row is not fee]
        assert 0 < Decimal(fee["cost"]) < -sum(map(credited, covered))


def test_the_lines_are_of_every_cost_type_and_an_adjustment_says_so(demo):
    found = rows(demo)

    assert {row["cost_type"] for row in found} == {"regular", "tax", "rounding_error"}
    [adjusted] = [row for row in found if row["adjustment_info.mode"]]
    assert Decimal(adjusted["cost"]) < 0


def test_months_of_google_begin_and_end_in_los_angeles(demo):
    found = rows(demo)

    assert min(row["usage_start_time"] for row in found) == "2026-11-01 07:00:00+00:00"
    assert max(row["usage_end_time"] for row in found) == "2026-12-01 08:00:00+00:00"
    assert all(row["usage_start_time"] < row["usage_end_time"] for row in found)


def test_labels_are_lower_case_and_projects_say_their_environment(demo):
    found = [row for row in rows(demo) if row["resource.name"]]

    values = {item["value"] for row in found for item in json.loads(row["labels"])}
    assert {"data-platform", "analytics", "machine-learning", "experimentation", "data-governance"} <= values
    assert all(value == value.lower() and " " not in value for value in values)
    assert {row["project.labels"] for row in found} == {
        '[{"key":"env","value":"prod"}]',
        '[{"key":"env","value":"dev"}]',
    }

"""The sample company's bills of no cloud through the real connectors: each month is what the generator worked out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from allocation.engine import rules
from allocation.engine.classification import Classifier, facts
from ingestion.delivery import archive
from ingestion.delivery.reach import Reach
from ingestion.normalize import Limits, NormalizedDelivery
from ingestion.services.kinds import KINDS
from itfm.core.periods import period_name
from itfm.demo import cluster, company, organization, rule_set
from itfm.demo.company import DemoCompany
from itfm.demo.other_bill import Control, OtherBill
from itfm.demo.services.server import SERVICES, serving
from tests import duck

TAG_KEYS = frozenset({"team", "env", "product", "cost_center", "kubernetes_namespace"})
LISTS = ("contracts", "assets", "ledger")
LOOKED_AT = (
    "billing_account_id",
    "sub_account_id",
    "sub_account_name",
    "charge_category",
    "charge_class",
    "commitment_discount_status",
    "invoice_issuer_name",
    "service_name",
)
SAID = {
    "contracts": {"months_before", "months_ahead", "seats_exceeded"},
    "assets": {"months_before", "months_ahead"},
    "ledger": {"reconciled_with_bills"},
}
"""What is worth saying of a list; of the other bills nothing is."""


@dataclass(frozen=True)
class Imported:
    """A bill as it was written and as it was read; `folder` has its charges."""

    bill: OtherBill
    deliveries: list[NormalizedDelivery]
    folder: Path

    @property
    def controls(self) -> dict[str, Control]:
        found = {}
        for bill in (bill for delivery in self.deliveries for bill in delivery.bills):
            [(currency, total)] = bill.totals.items()
            found[period_name(bill.billing_period)] = Control(total.billed_cost, total.effective_cost, currency)
        return found

    def rows(self, columns: str, where: str = "TRUE") -> list[tuple[Any, ...]]:
        """Return groups of the charges, and after them whatever sums are asked for."""
        charges = f"read_parquet('{self.folder}/**/charges.parquet', union_by_name = true)"
        return duck.rows(f"SELECT {columns} FROM {charges} WHERE {where} GROUP BY ALL")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoCompany:
    return company.write(tmp_path_factory.mktemp("demo"), charges=3_000, months=13, last_month=date(2026, 10, 1))


@pytest.fixture(scope="module")
def imported(demo: DemoCompany, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Imported]:
    with serving(demo.folder) as services:
        return {bill.key: read(bill, tmp_path_factory.mktemp(bill.key), services=services) for bill in demo.others}


def read(bill: OtherBill, work: Path, *, services: str) -> Imported:
    return Imported(bill, list(imports(bill, work, services=services)), work / "charges")


def imports(bill: OtherBill, work: Path, *, services: str) -> Iterator[NormalizedDelivery]:
    """Read a bill as a pull does; `services` is where the sample services are served."""
    kind = KINDS[bill.kind]
    reach = Reach(samples=services, attempts=1)
    settings = kind.params.model_validate(bill.settings_at(services), context=reach)
    for number, delivery in enumerate(kind.discover(settings)):
        assert delivery.is_complete
        if delivery.is_asked_for and f"{delivery.billing_period:%Y-%m}" not in bill.totals:
            continue  # of months after the last one a service tells nothing, and nothing is imported
        yield kind.normalize(
            [archive(kind.open(settings), file, root=work) for file in delivery.files],
            settings=settings,
            output=work / "charges" / str(number),
            limits=Limits(temp_folder=work / "temporary"),
            tag_keys=TAG_KEYS,
            progress=lambda _: None,
        )


@pytest.mark.parametrize("key", [*LISTS, *SERVICES])
def test_each_month_is_what_the_generator_worked_out(imported, key):
    found = imported[key]

    assert found.controls == found.bill.totals
    assert len(found.bill.totals) == 13
    assert all(total.effective > 0 for total in found.bill.totals.values())
    said = {finding.code for delivery in found.deliveries for finding in delivery.findings}
    assert said == SAID.get(key, set())


def test_every_bill_is_tried(demo):
    assert [bill.key for bill in demo.others] == [*LISTS, "opencost", *SERVICES]


@pytest.mark.parametrize("key", LISTS)
def test_the_numbers_in_charges_are_those_of_its_invoices(imported, key):
    found = imported[key]
    expected = {(asked.number, period_name(asked.day)): asked.amount for asked in found.bill.invoices}

    sums = found.rows(
        "invoice_id, strftime(charge_period_start, '%Y-%m'), sum(billed_cost)", where="invoice_id IS NOT NULL"
    )

    assert {(number, month): amount for number, month, amount in sums} == expected != {}


def test_the_ledger_books_the_clouds_invoices_and_they_are_not_counted_twice(demo, imported):
    main = {a.day: a for name, a in company.cloud_invoices(demo.deliveries, demo.restated) if name == "aws-cur2"}

    told = [finding.message for delivery in imported["ledger"].deliveries for finding in delivery.findings]

    assert len(told) == 12  # the invoice of a month is booked in the next
    for message, month in zip(told, sorted(main), strict=False):
        assert f"Amazon Web Services EMEA SARL {plain(main[month].amount)} USD" in message
    journal = (demo.folder / "ledger" / "20261001-20261101" / "journal.csv").read_text(encoding="utf-8")
    assert f'"{main[date(2026, 9, 1)].amount:,.2f}"' in journal
    assert "6510 Cloud hosting" in journal


def plain(amount: Decimal) -> str:
    return f"{amount:f}".rstrip("0").rstrip(".")


def test_the_cluster_moves_cost_of_its_nodes_to_the_workloads_and_adds_none(imported):
    found = imported["opencost"]
    nothing, moved = Decimal(0), {month: total.moved for month, total in found.bill.totals.items()}

    sums = found.rows(
        "strftime(charge_period_start, '%Y-%m'), charge_category, sum(effective_cost), any_value(billing_account_id)"
    )

    assert {month: (one.billed, one.effective) for month, one in found.controls.items()} == dict.fromkeys(
        moved, (nothing, nothing)
    )
    assert {month: cost for month, category, cost, _ in sums if category == "Usage"} == moved
    assert {month: -cost for month, category, cost, _ in sums if category == "Adjustment"} == moved
    assert {account for *_, account in sums} == {"meridian-prod"}
    assert [finding for delivery in found.deliveries for finding in delivery.findings] == []


def test_no_more_is_split_than_the_nodes_cost_in_the_clouds_bill(demo):
    nodes = [node.name for node in cluster.nodes(0)]
    [bill] = [bill for bill in demo.others if bill.key == "opencost"]

    for month, total in bill.totals.items():
        pattern = f"{demo.folder}/aws-cur2/**/BILLING_PERIOD={month}/*.csv.gz"
        [(cost, teams)] = duck.rows(
            "SELECT sum(line_item_unblended_cost::DECIMAL(38,18)), list(DISTINCT resource_tags::JSON ->> 'user_team')"
            " FROM read_csv(?, all_varchar = true) WHERE line_item_resource_id IN (SELECT unnest(?))",
            [pattern, nodes],
        )
        assert teams == ["platform"]
        assert 0 < total.moved < cost


@pytest.mark.parametrize("key", [*LISTS, "opencost", *SERVICES])
def test_the_rules_find_a_team_for_every_charge(demo, imported, key):
    classifier = Classifier(rules.parse(demo.rules.read_text(encoding="utf-8")), period=date(2026, 10, 1))
    every = {team.name for team in (*organization.TEAMS, *organization.SHARED_TEAMS)}
    every |= {rule_set.FACILITIES, rule_set.INTEGRATION}

    teams = set()
    for tags, *values in imported[key].rows(", ".join(("tags", *LOOKED_AT))):
        columns = dict(zip(LOOKED_AT, values, strict=True))
        caught = classifier.caught(facts(columns, tags=json.loads(tags or "{}"), source=key))
        assert "team" in caught, (tags, columns)
        teams.add(caught["team"].value)

    assert teams
    assert teams <= every


def test_the_same_arguments_write_the_same_lists_and_answers(tmp_path):
    def digest(folder: Path) -> dict[str, str]:
        made = company.write(folder, charges=3_000, months=2, last_month=date(2026, 10, 1))
        places = [folder / bill.key for bill in made.others if not bill.is_asked_for] + [folder / "services"]
        files = [path for place in places for path in sorted(place.rglob("*")) if path.is_file()]
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    assert digest(tmp_path / "one") == digest(tmp_path / "two") != {}

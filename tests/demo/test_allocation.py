"""The sample company's rules on its own bills: every team is found, and little is left over."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from allocation.engine import rules
from allocation.engine.classification import Classifier, facts
from itfm.demo import company, organization, rule_set

CATEGORIES = {
    "Tax": "Tax", "Credit": "Credit", "Fee": "Purchase", "RIFee": "Purchase", "SavingsPlanRecurringFee": "Purchase",
}  # fmt: skip
EFFECTIVE = {
    "SavingsPlanCoveredUsage": "savings_plan_savings_plan_effective_cost",
    "DiscountedUsage": "reservation_effective_cost",
}

Teams = dict[str | None, Decimal]


def effective_cost(row: dict[str, str]) -> Decimal:
    if row["line_item_line_item_type"] in ("SavingsPlanNegation", "SavingsPlanRecurringFee", "RIFee"):
        return Decimal(0)
    return Decimal(row[EFFECTIVE.get(row["line_item_line_item_type"], "line_item_unblended_cost")])


def team_of(row: dict[str, str], classifier: Classifier) -> str | None:
    columns = {
        "billing_account_id": row["bill_payer_account_id"],
        "sub_account_id": row["line_item_usage_account_id"],
        "charge_category": CATEGORIES.get(row["line_item_line_item_type"], "Usage"),
        "charge_class": "Correction" if row["line_item_line_item_type"] == "Refund" else None,
        "x_service_code": row["line_item_product_code"],
    }
    tags = {key.removeprefix("user_"): value for key, value in json.loads(row["resource_tags"]).items()}
    caught = classifier.caught(facts(columns, tags=tags, source="aws-cur2"))
    return caught["team"].value if "team" in caught else None


@pytest.fixture(scope="module")
def teams(tmp_path_factory: pytest.TempPathFactory) -> Teams:
    """Return the effective cost of the last month in the first source by team; None is what no rule caught."""
    folder: Path = tmp_path_factory.mktemp("demo")
    demo = company.write(folder, charges=12_000, months=1, last_month=date(2026, 10, 1))
    classifier = Classifier(rules.parse(demo.rules.read_text(encoding="utf-8")), period=date(2026, 10, 1))
    costs: Teams = {}
    for path in (folder / "aws-cur2").rglob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                team = team_of(row, classifier)
                costs[team] = costs.get(team, Decimal(0)) + effective_cost(row)
    return costs


def test_the_rules_find_every_team_and_no_stray_spelling(teams):
    shared = {team.name for team in organization.SHARED_TEAMS}

    assert teams.keys() == {None, *rule_set.TEAM_NAMES, *shared, rule_set.CORPORATE, rule_set.SUPPORT}
    assert all(teams[name] > 1_000 for name in rule_set.TEAM_NAMES)


def test_two_to_four_percent_stay_unallocated(teams):
    share = teams[None] / sum(teams.values())

    assert Decimal("0.02") < share < Decimal("0.04")

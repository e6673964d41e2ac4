"""The months that benchmarks allocate: what their report says beside a usual one, their rules and their drivers.

`teams` is a company's month: 3 dimensions of 50 rules, 5 pools in 3 stages over 40 teams per day. `customers` is the
one whose bars are stated for 10 million charges: six tag keys, 10 pools over the teams, and then what one product's own
account costs at two services, by metric and day, over 2,000 customers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from allocation.engine import rules
from allocation.engine.drivers import DriverValue

MONTH: Final = date(2026, 10, 1)
DAYS: Final = 31
TEAMS: Final = [f"team-{number}" for number in range(40)]
POOLS: Final = ["network", "platform", "security", "logging", "data_lake"]
MORE_POOLS: Final = ["monitoring", "identity", "backup", "build", "support"]
CUSTOMERS: Final = [f"customer-{number:04}" for number in range(2_000)]
FIRST_POOL_ACCOUNT: Final = 200000000055
TAGS: Final = {
    "resourceTags/user:application": "'app-' || r % 120",
    "resourceTags/user:owner": "'owner-' || r % 60",
    "resourceTags/user:cost_center": "'cc-' || r % 20",
    "resourceTags/user:data": "['public', 'internal', 'secret'][(r % 3)::INTEGER + 1]",
}
"""The columns that make six tag keys of the two of a usual report."""


@dataclass(frozen=True)
class Shape:
    """One kind of month. `changed_split` is the one of the last stage of pools that a benchmark shares otherwise."""

    rule_set: Callable[[], rules.RuleSet]
    driver_values: Callable[[], dict[str, tuple[DriverValue, ...]]]
    changed_split: str
    columns: Mapping[str, str] = field(default_factory=dict)

    def tag_keys(self) -> frozenset[str]:
        """Return the tag keys that the rules look at."""
        return frozenset(rules.tag_keys(self.rule_set()))


def rule_set() -> rules.RuleSet:
    """Return 3 dimensions of 50 rules, and 5 pools shared over 40 teams per day with every kind of weight."""
    return rules.from_document(_document(POOLS, others=[_operation(n) for n in range(5)]))


def rule_set_of_customers() -> rules.RuleSet:
    """Return 3 dimensions of 50 rules over accounts, services and six tag keys, 10 pools, and a split to customers."""
    document = _document([*POOLS, *MORE_POOLS], others=[])
    for dimension in document["dimensions"]:
        dimension["rules"][-20:] = [
            {**rule, "when": _narrowed(rule["when"], number)} for number, rule in enumerate(dimension["rules"][-20:])
        ]
    document["dimensions"].append({"key": "customer", "name": "Customer", "rules": []})
    document["splits"].append({
        "key": "customers", "name": "Customers", "stage": 4, "window": {"kind": "day"},
        "pool": {"all": [
            {"dimension": "product", "equals": "product-7"},
            {"column": "sub_account_id", "equals": "200000000007"},
            {"column": "service_name", "one_of": ["Amazon Elastic Compute Cloud", "Amazon Simple Storage Service"]},
        ]},
        "receivers": {"dimension": "customer", "one_of": CUSTOMERS}, "method": {"kind": "metric", "driver": "requests"},
    })  # fmt: skip
    document["drivers"].append({"key": "requests", "name": "Requests", "dimension": "customer", "unit": "requests"})
    return rules.from_document(document)


def _document(pools: list[str], *, others: list[dict[str, Any]]) -> dict[str, Any]:
    first = FIRST_POOL_ACCOUNT - (len(pools) - len(POOLS))
    pool_rules = [
        {"when": {"column": "sub_account_id", "equals": str(first + at)}, "value": pool}
        for at, pool in enumerate(pools)
    ]
    team_rules = [{"when": {"tag": "team", "equals": team, "ignore_case": True}, "value": team} for team in TEAMS]
    products = [
        {"when": {"all": [{"tag": "team", "one_of": [team]}, {"tag": "env", "exists": True}]},
         "value": f"product-{n % 25}"}
        for n, team in enumerate([*TEAMS, *(f"old-{n}" for n in range(10))])
    ]  # fmt: skip
    kinds = {"prod": "Production", "dev": "Development", "test": "Test", "qa": "Test", "lab": "Lab"}
    stages = [
        {"when": {"all": [{"tag": "env", "equals": env}, {"not": {"dimension": "team", "equals": f"none-{n}"}}]},
         "value": kind}
        for n in range(10)
        for env, kind in kinds.items()
    ]  # fmt: skip
    lists = {"team": [*pool_rules, *team_rules, *others], "product": products, "environment": stages}
    return {
        "version": "1",
        "dimensions": [{"key": key, "name": key.title(), "rules": found} for key, found in lists.items()],
        "splits": list(_splits(pools)),
        "drivers": [{"key": "gb", "name": "Logs", "dimension": "team", "unit": "GB"}],
    }


def _operation(number: int) -> dict[str, Any]:
    return {"when": {"column": "x_operation", "matches": f"^Legacy{number}"}, "value": "team-0"}


def _narrowed(condition: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a condition that looks at a service and at further tags too, and catches what it did."""
    return {"all": [
        condition,
        {"any": [
            {"tag": "application", "starts_with": "app-"},
            {"tag": "owner", "equals": f"owner-{number}"},
            {"tag": "cost_center", "one_of": [f"cc-{number}", "cc-none"]},
            {"not": {"tag": "data", "equals": "secret"}},
            {"column": "service_name", "contains": "Compute"},
        ]},
    ]}  # fmt: skip


def _splits(pools: list[str]) -> Iterator[dict[str, Any]]:
    """Yield one split per pool, in three stages as companies run them: first what serves the others."""
    methods: list[tuple[int, dict[str, object]]] = [
        (1, {"kind": "even"}),
        (2, {"kind": "proportional"}),
        (2, {"kind": "proportional", "cost": "billed_cost"}),
        (3, {"kind": "metric", "driver": "gb"}),
        (3, {"kind": "metric", "driver": "gb"}),
    ]
    for at, pool in enumerate(pools):
        stage, method = methods[at % len(methods)]
        yield {
            "key": pool, "name": pool, "stage": stage, "pool": {"dimension": "team", "equals": pool}, "method": method,
            "receivers": {"dimension": "team", "one_of": TEAMS}, "window": {"kind": "day"},
        }  # fmt: skip


def driver_values() -> tuple[DriverValue, ...]:
    """Return a quantity for every team and day."""
    return _quantities(TEAMS)


def _quantities(values: list[str]) -> tuple[DriverValue, ...]:
    return tuple(
        DriverValue(
            date=MONTH + timedelta(days=day), value=value, quantity=Decimal(f"{(day * 37 + at * 101) % 900 + 1}.25")
        )
        for day in range(DAYS)
        for at, value in enumerate(values)
    )


SHAPES: Final = {
    "teams": Shape(rule_set=rule_set, driver_values=lambda: {"gb": driver_values()}, changed_split="data_lake"),
    "customers": Shape(
        rule_set=rule_set_of_customers,
        driver_values=lambda: {"gb": driver_values(), "requests": _quantities(CUSTOMERS)},
        changed_split="support",
        columns=TAGS,
    ),
}

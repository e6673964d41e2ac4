"""The made-up company's rules: dimensions, splits in three stages and the drivers they use. Pure.

`docs/rules.md` gives the form.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from itfm.demo import organization, other_rules, usage
from itfm.demo.cur import plain
from itfm.demo.usage import Month

FILE: Final = "rules.yaml"
LOG_FILE: Final = "drivers/log_gb.csv"
SILENT_DAY: Final = 17
"""Of the last month: the log pipeline measured nothing, so that day's cost falls back to even shares."""

SUPPORT: Final = "Support"
INTEGRATION: Final = "Subsidiary Integration"
CORPORATE: Final = organization.CORPORATE[0]
FACILITIES: Final = organization.FACILITIES[0]
TEAM_NAMES: Final = tuple(team.name for team in organization.TEAMS)
EVEN: Final = {"kind": "even"}

_SPLIT_LATER: Final = {"Platform": ("Security",), "Observability": ("Security",)}


class _Dumper(yaml.SafeDumper):
    """Writes a list that stands twice twice: rule documents have no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> Path:
    """Write `rules.yaml` and the driver file beside it; return the path of the document."""
    path = folder / FILE
    logs = folder / LOG_FILE
    logs.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.dump(document(calendar, seed=seed), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118),
        encoding="utf-8",
    )
    logs.write_text(_log_text(calendar, seed), encoding="utf-8")
    return path


def document(calendar: Sequence[Month], *, seed: int) -> dict[str, Any]:
    """Return the rule set as plain lists, mappings and texts."""
    return {
        "version": 1,
        "tag_keys": ["team", "env", "product", "cost_center", "kubernetes_namespace"],
        "cost_centers": _cost_centers(),
        "lookups": _lookups(),
        "dimensions": [_team(), _environment(), _product(), _cost_center()],
        "splits": _splits(),
        "drivers": [
            {
                "key": "cluster_hours", "name": "Hours on the shared clusters", "dimension": "team", "unit": "Hours",
                "values": _cluster_hours(calendar, seed),
            },
            {"key": "log_gb", "name": "Ingested log volume", "dimension": "team", "unit": "GB", "file": LOG_FILE},
            other_rules.headcount(calendar),
        ],
    }  # fmt: skip


def _cost_centers() -> list[dict[str, Any]]:
    departments = [
        {
            "code": department.code,
            "name": department.name,
            "children": [{"code": team.cost_center, "name": team.name} for team in department.teams],
        }
        for department in organization.DEPARTMENTS
    ]
    shared = [{"code": code, "name": name} for name, code in _shared_codes().items()]
    return [*departments, {"code": organization.SHARED_CODE, "name": "Shared services", "children": shared}]


def _shared_codes() -> dict[str, str]:
    codes = {team.name: team.cost_center for team in organization.SHARED_TEAMS}
    pools = dict([organization.CORPORATE, organization.FACILITIES])
    return codes | pools | {SUPPORT: "9091", INTEGRATION: "9092"}


def _lookups() -> dict[str, dict[str, str]]:
    every: list[organization.Team | organization.SharedTeam] = [*organization.TEAMS, *organization.SHARED_TEAMS]
    misspelt = {team.misspelt: team.name for team in organization.TEAMS if team.misspelt}
    environments = {name: name for name in organization.ENVIRONMENTS}
    for name, spellings in organization.ENVIRONMENT_SPELLINGS.items():
        environments |= {spelling.lower(): name for spelling in spellings}
    return {
        "team_names": {team.tag: team.name for team in every} | misspelt,
        "product_teams": {team.product: team.name for team in organization.TEAMS},
        "cost_center_teams": {team.cost_center: team.name for team in every} | {organization.FACILITIES[1]: FACILITIES},
        "environments": environments,
    }


def _team() -> dict[str, Any]:
    overhead = {
        "any": [
            {"column": "charge_category", "one_of": ["Tax", "Credit", "Purchase", "Adjustment"]},
            {"column": "charge_class", "equals": "Correction"},
            {"column": "commitment_discount_status", "equals": "Unused"},
        ]
    }
    subsidiary = {"column": "billing_account_id", "equals": organization.SUBSIDIARY_ACCOUNT}
    support = [
        {"column": "x_service_code", "starts_with": "AWSSupport"},
        {"column": "service_name", "equals": "Nordwolke Support"},
    ]
    by_account = [
        {
            "name": f"untagged in the {shared.tag} account",
            "when": {"column": "sub_account_id", "equals": shared.account},
            "value": shared.name,
        }
        for shared in organization.SHARED_TEAMS
    ]
    rules = [
        *other_rules.before_overhead(),
        {"name": "overhead of the subsidiary", "when": {"all": [subsidiary, overhead]}, "value": INTEGRATION},
        {"name": "support plans", "when": {"any": support}, "value": SUPPORT},
        {"name": "taxes, credits and commitments", "when": overhead, "value": CORPORATE},
        _taken("by team tag", "team", ["trim", "lower", {"lookup": "team_names"}]),
        _taken("by product tag", "product", ["trim", "lower", {"lookup": "product_teams", "otherwise": "none"}]),
        _taken("by cost center tag", "cost_center", ["trim", {"lookup": "cost_center_teams", "otherwise": "none"}]),
        *other_rules.by_names(subsidiary=INTEGRATION),
        *by_account,
    ]
    return {"key": "team", "name": "Team", "rules": rules}


def _taken(name: str, tag: str, transforms: list[Any]) -> dict[str, Any]:
    return {"name": name, "when": {"tag": tag, "exists": True}, "value": {"tag": tag, "transforms": transforms}}


def _environment() -> dict[str, Any]:
    production = [department.production_account for department in organization.DEPARTMENTS]
    others = [department.other_account for department in organization.DEPARTMENTS]
    shared = [team.account for team in organization.SHARED_TEAMS]
    rules = [
        _taken("by env tag", "env", ["trim", "lower", {"lookup": "environments"}]),
        {"name": "production accounts", "when": {"column": "sub_account_id", "one_of": production}, "value": "prod"},
        {"name": "other accounts", "when": {"column": "sub_account_id", "one_of": others}, "value": "dev"},
        {"name": "shared accounts", "when": {"column": "sub_account_id", "one_of": shared}, "value": "prod"},
    ]
    return {"key": "environment", "name": "Environment", "rules": rules}


def _product() -> dict[str, Any]:
    return {"key": "product", "name": "Product", "rules": [_taken("by product tag", "product", ["trim", "lower"])]}


def _cost_center() -> dict[str, Any]:
    codes = {team.name: team.cost_center for team in organization.TEAMS} | _shared_codes()
    rules = [{"when": {"dimension": "team", "equals": name}, "value": code} for name, code in codes.items()]
    return {"key": "cost_center", "name": "Cost center", "rules": rules}


def _splits() -> list[dict[str, Any]]:
    proportional = {"kind": "proportional", "cost": "effective_cost", "charge_categories": ["Usage"]}
    shares = {"Catalog": "45", "Payments": "30.5", "Inventory": "24.5"}
    return [
        _split("platform", "Platform", 1, {"kind": "metric", "driver": "cluster_hours"}, fallback=EVEN),
        _split(
            "observability", "Observability", 1, {"kind": "metric", "driver": "log_gb"}, {"kind": "day"}, fallback=EVEN
        ),
        _split("facilities", FACILITIES, 1, {"kind": "metric", "driver": "headcount"}, fallback=EVEN),
        _split("network", "Network", 1, proportional, {"kind": "trailing", "days": 7}),
        _split("security", "Security", 2, {"kind": "even"}),
        _split("support", SUPPORT, 2, proportional),
        _split("integration", INTEGRATION, 3, {"kind": "fixed", "shares": shares}),
        _split("corporate", CORPORATE, 3, proportional),
    ]


def _split(
    key: str,
    pool: str,
    stage: int,
    method: dict[str, Any],
    window: dict[str, Any] | None = None,
    *,
    fallback: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "key": key,
        "name": f"{pool} to teams",
        "stage": stage,
        "pool": {"dimension": "team", "equals": pool},
        "receivers": {"dimension": "team", "one_of": [*TEAM_NAMES, *_SPLIT_LATER.get(pool, ())]},
        "method": method,
        "window": window or {"kind": "billing_period"},
        "fallback": fallback or {"kind": "hold"},
    }


def _cluster_hours(calendar: Sequence[Month], seed: int) -> list[dict[str, str]]:
    """Return one quantity per team and month, dated on its first day, in thousandths of hours."""
    rows = []
    for month in calendar:
        random = np.random.default_rng([seed, 10, month.first_day.year, month.first_day.month])
        noise = random.integers(800, 1_201, size=len(organization.TEAMS)).tolist()
        for team, factor in zip(organization.TEAMS, noise, strict=True):
            hours = usage.shrunk(team.budget * 20, months=month.age) * factor // 1_000
            rows.append({"date": month.first_day.isoformat(), "value": team.name, "quantity": plain(hours, 3)})
    return [*rows, *_security_hours(calendar)]


def _security_hours(calendar: Sequence[Month]) -> list[dict[str, str]]:
    return [{"date": month.first_day.isoformat(), "value": "Security", "quantity": "1250.5"} for month in calendar]


def _log_text(calendar: Sequence[Month], seed: int) -> str:
    """Return the log volume of each day and team, with three decimals."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["date", "value", "quantity"])
    for month in calendar:
        random = np.random.default_rng([seed, 11, month.first_day.year, month.first_day.month])
        noise = random.integers(850, 1_151, size=(month.days, len(organization.TEAMS)))
        for day in range(month.days):
            writer.writerows(_logs_of(month, day, noise[day].tolist()))
    return buffer.getvalue()


def _logs_of(month: Month, day: int, noise: list[int]) -> list[tuple[str, str, str]]:
    on: date = month.first_day + timedelta(days=day)
    is_silent = month.age == 0 and on.day == SILENT_DAY
    rows = []
    for team, factor in zip(organization.TEAMS, noise, strict=True):
        volume = (
            usage.shrunk(team.budget * 3, months=month.age) * usage.WEEKDAYS[on.weekday()] // 1_000 * factor // 1_000
        )
        if team.tag == usage.OUTAGE_TEAM and month.age == 0 and day in usage.OUTAGE_DAYS:
            volume *= 9
        rows.append((on.isoformat(), team.name, "0" if is_silent else plain(volume, 3)))
    return rows

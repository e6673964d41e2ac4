"""The rules that find the teams of bills no cloud writes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from itfm.demo import cluster, organization
from itfm.demo.registers import assets, contracts, ledger
from itfm.demo.usage import Month

OWN_LISTS: Final = (contracts.KEY, assets.KEY, ledger.KEY)
"""Sources whose lines name their cost center, purchases too: these are no overhead."""
KNOWN_CENTERS: Final = ("trim", {"lookup": "cost_center_teams", "otherwise": "none"})


def before_overhead() -> list[dict[str, Any]]:
    """Return the rules that come before those of taxes, credits and purchases."""
    return [
        {
            "name": "own lists by cost center",
            "when": {"all": [{"source": True, "one_of": list(OWN_LISTS)}, {"tag": "cost_center", "exists": True}]},
            "value": {"tag": "cost_center", "transforms": list(KNOWN_CENTERS)},
        },
        {
            "name": "what is taken from the cluster's nodes",
            "when": {
                "all": [
                    {"source": True, "equals": cluster.KEY},
                    {"column": "charge_category", "equals": "Adjustment"},
                ]
            },
            "value": organization.SHARED_TEAMS[0].name,
        },
    ]


def by_names(*, subsidiary: str) -> list[dict[str, Any]]:
    """Return the rules that know a team by what its part of a bill is called; `subsidiary` takes what that one has."""
    is_monitoring = {"column": "invoice_issuer_name", "equals": "Datadog"}
    own = [cluster.SYSTEM[0], cluster.IDLE[0]]
    namespace, team_names = "kubernetes_namespace", {"lookup": "team_names", "otherwise": "none"}
    return [
        {
            "name": "the cluster itself",
            "when": {"tag": namespace, "one_of": own},
            "value": organization.SHARED_TEAMS[0].name,
        },
        {
            "name": "by Kubernetes namespace",
            "when": {"tag": namespace, "exists": True},
            "value": {"tag": namespace, "transforms": ["lower", team_names]},
        },
        {
            "name": "AI and data services by project, workspace or account",
            "when": {"column": "invoice_issuer_name", "one_of": ["OpenAI", "Anthropic", "Snowflake"]},
            "value": {"column": "sub_account_name", "transforms": ["lower", team_names]},
        },
        {
            "name": "monitoring of the subsidiary",
            "when": {"all": [is_monitoring, {"column": "sub_account_name", "equals": organization.SUBSIDIARY}]},
            "value": subsidiary,
        },
        {"name": "monitoring", "when": is_monitoring, "value": organization.SHARED_TEAMS[1].name},
        {
            "name": "repositories of nobody",
            "when": {"column": "invoice_issuer_name", "equals": "GitHub"},
            "value": "Build Systems",
        },
    ]


def headcount(calendar: Sequence[Month]) -> dict[str, Any]:
    """Return the driver by which rent is shared: who works in each team, on the first of each month."""
    values = [
        {"date": month.first_day.isoformat(), "value": team.name, "quantity": str(assets.people(team))}
        for month in calendar
        for team in organization.TEAMS
    ]
    return {"key": "headcount", "name": "People in the team", "dimension": "team", "unit": "People", "values": values}

"""The made-up company's Anthropic organization: its costs and usage, and the admin API that tells them. Pure.

Source: https://platform.claude.com/docs/en/api/admin/cost_report and its neighbors. Amounts are texts, in cents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from itfm.core.periods import period_name
from itfm.demo import organization
from itfm.demo.cur import plain
from itfm.demo.other_bill import CENT_DIGITS, OtherBill
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError
from itfm.demo.services.paging import buckets_of, day_of, page_of_days, page_of_list, write_months
from itfm.demo.services.tokens import NANO_DIGITS, Account, Model, Used
from itfm.demo.usage import Month

KEY: Final = "anthropic"
ADMIN_KEY: Final = "sk-ant-admin-sample-data"
VERSION: Final = "2023-06-01"
ORGANIZATION: Final = {"id": "org_meridian_demo", "type": "organization", "name": organization.NAME}
REPORTS: Final = {"v1/organizations/cost_report": "costs", "v1/organizations/usage_report/messages": "usage"}
KINDS: Final = {
    "input": ("uncached_input_tokens", "Input Tokens"),
    "cached": ("cache_read_input_tokens", "Input Tokens, Cache Read"),
    "output": ("output_tokens", "Output Tokens"),
}

_SONNET: Final = Model("claude-sonnet-4-20250514", "Claude Sonnet 4", {"input": 3_000, "cached": 300, "output": 15_000})
_HAIKU: Final = Model("claude-3-5-haiku-20241022", "Claude Haiku 3.5", {"input": 800, "cached": 80, "output": 4_000})
WORKSPACES: Final = (
    Account("wrkspc_portal", "developer-portal", _SONNET, 7_800),
    Account("wrkspc_fraud", "fraud", _SONNET, 4_300),
    Account("wrkspc_analytics", "analytics", _HAIKU, 2_700),
    Account("wrkspc_suppliers", "suppliers", _HAIKU, 900),
)


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write what the organization was charged and what it used, by day."""
    data = Data(folder / FOLDER / KEY)
    data.keep("workspaces", [_workspace(account) for account in WORKSPACES])
    reports = {"costs": _costs, "usage": _usage}
    totals = write_months(data, WORKSPACES, calendar, seed=[seed, 21], reports=reports)
    settings = {"api_key": ADMIN_KEY, "first_month": period_name(calendar[0].first_day)}
    return OtherBill("anthropic", KEY, "Anthropic (sample data)", settings, totals, is_asked_for=True)


def answer(asked: Asked, data: Data) -> Any:
    """Answer as the admin API does.

    :raises RefusedError: the key is wrong, or there is no such thing.
    """
    if asked.headers.get("x-api-key") != ADMIN_KEY:
        raise RefusedError(401, "invalid x-api-key")
    if asked.method != "GET":
        raise RefusedError(405, "Only GET is allowed.")
    if asked.headers.get("anthropic-version") != VERSION:
        raise RefusedError(400, "anthropic-version: header is required")
    if asked.path == "v1/organizations/me":
        return ORGANIZATION
    if asked.path == "v1/organizations/workspaces":
        return page_of_list(asked, data.document("workspaces") or [], cursor="after_id")
    if asked.path not in REPORTS:
        raise RefusedError(404, f"Not found ({asked.path})")
    first, end = (day_of(asked.one(name)) for name in ("starting_at", "ending_at"))
    days, following = page_of_days(asked, first=first, end=end)
    known = buckets_of(data, REPORTS[asked.path], days=days)
    return {
        "data": [_bucket(day, known.get(day.isoformat(), [])) for day in days],
        "has_more": following is not None,
        "next_page": following,
    }


def _bucket(day: date, results: list[Any]) -> dict[str, Any]:
    start, end = (f"{moment}T00:00:00Z" for moment in (day, day + timedelta(days=1)))
    return {"starting_at": start, "ending_at": end, "results": results}


def _costs(one: Used) -> Iterator[Mapping[str, Any]]:
    for kind in one.tokens:
        token_type, words = KINDS[kind]
        yield {
            "amount": plain(one.nano(kind), NANO_DIGITS - CENT_DIGITS),
            "currency": "USD",
            "description": f"{one.account.model.label} Usage - {words}",
            "cost_type": "tokens",
            "token_type": token_type,
            **_common(one),
        }


def _usage(one: Used) -> Iterator[Mapping[str, Any]]:
    yield {
        **{KINDS[kind][0]: tokens for kind, tokens in one.tokens.items()},
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "server_tool_use": {"web_search_requests": 0},
        "api_key_id": None,
        **_common(one),
    }


def _common(one: Used) -> dict[str, Any]:
    return {
        "workspace_id": one.account.number,
        "model": one.account.model.name,
        "service_tier": "standard",
        "context_window": "0-200k",
    }


def _workspace(account: Account) -> dict[str, Any]:
    return {
        "id": account.number,
        "type": "workspace",
        "name": account.team,
        "created_at": "2025-01-15T09:00:00Z",
        "archived_at": None,
    }

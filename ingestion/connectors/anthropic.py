"""Anthropic: what an organization is charged each day, and the tokens it used. Pure but for the network.

Sources: https://platform.claude.com/docs/en/api/admin/cost_report, .../usage_report and .../workspaces; what the
reports leave out is told in https://platform.claude.com/docs/en/manage-claude/usage-cost-api.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from pydantic import Field, SecretStr

from ingestion.ai.asking import DAYS_ASKED, Days, count, days_of, names, pages, record, results, text, unreadable
from ingestion.ai.charges import Vendor, hundredths, planner
from ingestion.ai.lines import REQUESTS, TOKENS, WEB_SEARCHES, Line, paired
from ingestion.delivery.http import Api, open_api
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.delivery.stores import DeliveryError
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.plan import EntryCheck

COSTS: Final = "organizations/cost_report"
USAGE: Final = "organizations/usage_report/messages"
WORKSPACES: Final = "organizations/workspaces"
ORGANIZATION: Final = "organizations/me"
VERSION: Final = "2023-06-01"
CACHE_WRITES: Final = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
TOKEN_TYPES: Final = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
VENDOR: Final = Vendor(
    name="Anthropic",
    service="Claude API",
    account="workspace",
    token_words={
        "uncached_input_tokens": "input",
        "cache_read_input_tokens": "cached input",
        "output_tokens": "output",
        "cache_creation.ephemeral_5m_input_tokens": "cache writes for 5 minutes",
        "cache_creation.ephemeral_1h_input_tokens": "cache writes for 1 hour",
        WEB_SEARCHES: "web searches",
    },
    # Amounts are in the lowest unit of the currency.
    cost=hundredths("amount"),
    default_account=("default", "Default workspace"),
    checks=(
        EntryCheck(
            code="currency_unit_unknown",
            is_wrong="coalesce(billing_currency, 'USD') <> 'USD'",
            column="currency",
            message="{file}, row {row}: the currency is {value}; only amounts in USD are known to be in cents.",
        ),
    ),
)


class AnthropicSettings(ServiceSettings):
    """Which organization, told by its admin key."""

    needed = ("api_key",)
    home = "https://api.anthropic.com"

    api_key: SecretStr | None = Field(
        default=None,
        title="Admin key",
        description="Begins with sk-ant-admin. Other keys cannot read costs, and individual accounts have none.",
    )
    organization_id: str | None = Field(
        default=None,
        title="Organization",
        description="Its id, to be the billing account. Left empty, Anthropic is asked for it.",
    )


def read(settings: AnthropicSettings, month: date) -> Iterator[Record]:
    """Yield the lines of a month; amounts are in cents, as the report has them.

    :raises DeliveryError: Anthropic does not answer, or otherwise than documented.
    """
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    days = days_of(month, today=datetime.now(UTC).date())
    headers = {"x-api-key": key, "anthropic-version": VERSION}
    with open_api(settings, name="Anthropic", base=settings.home, headers=headers, path="/v1") as api:
        costs = list(_costs(api, days))
        usage = list(_usage(api, days, currency=costs[0].currency if costs else "USD"))
        organization = _organization(api, settings)
        workspaces = names(api, WORKSPACES, cursor="after_id", label="name")
        for line in paired(costs, usage):
            yield record(line, account="workspace", account_names=workspaces, organization=organization)


def _organization(api: Api, settings: AnthropicSettings) -> dict[str, str | None]:
    """Return the organization's id and name, of which a key that may not ask for them leaves the second out."""
    if settings.organization_id:
        return {"organization_id": settings.organization_id}
    try:
        told = api.get(ORGANIZATION)
    except DeliveryError as error:
        if error.code in {"access_denied", "not_found"}:
            return {}
        raise
    if not isinstance(told, dict):
        raise unreadable(api, "the organization has no id")
    return {"organization_id": text(told.get("id")), "organization_name": text(told.get("name"))}


def _costs(api: Api, days: Days) -> Iterator[Line]:
    for start, end, result in _days(api, COSTS, days, group_by=("workspace_id", "description")):
        kind = text(result.get("cost_type"))
        yield Line(
            period_start=start,
            period_end=end,
            account_id=text(result.get("workspace_id")),
            description=text(result.get("description")),
            cost_type=kind,
            model=text(result.get("model")),
            token_type=WEB_SEARCHES if kind == "web_search" else text(result.get("token_type")),
            service_tier=text(result.get("service_tier")),
            context_window=text(result.get("context_window")),
            region=text(result.get("inference_geo")),
            amount=result.get("amount"),
            currency=result.get("currency"),
        )


def _usage(api: Api, days: Days, *, currency: Any) -> Iterator[Line]:
    """Yield what was used. Use of the priority tier is in no cost report: it stays a line that costs nothing."""
    group_by = ("workspace_id", "model", "service_tier", "context_window")
    for start, end, result in _days(api, USAGE, days, group_by=group_by):
        line = Line(
            period_start=start,
            period_end=end,
            account_id=text(result.get("workspace_id")),
            model=text(result.get("model")),
            service_tier=text(result.get("service_tier")),
            context_window=text(result.get("context_window")),
            currency=currency,
        )
        for kind, used in _used(api, result).items():
            if used:
                cost_type, unit = ("web_search", REQUESTS) if kind == WEB_SEARCHES else ("tokens", TOKENS)
                yield replace(line, cost_type=cost_type, token_type=kind, quantity=used, unit=unit)


def _used(api: Api, result: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return what was used by kind, as the cost report names the kinds."""
    written, tools = result.get("cache_creation") or {}, result.get("server_tool_use") or {}
    if not isinstance(written, dict) or not isinstance(tools, dict):
        raise unreadable(api, "usage of the cache or of tools is no object")
    return {
        **{name: count(api, result, name) for name in TOKEN_TYPES},
        **{f"cache_creation.{name}": count(api, written, name) for name in CACHE_WRITES},
        WEB_SEARCHES: count(api, tools, WEB_SEARCHES),
    }


def _days(
    api: Api, path: str, days: Days, *, group_by: tuple[str, ...]
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield each result with the start and end of its day."""
    first, last = f"{days.start:%Y-%m-%dT%H:%M:%SZ}", f"{days.end:%Y-%m-%dT%H:%M:%SZ}"
    asked = {
        "starting_at": first,
        "ending_at": last,
        "bucket_width": "1d",
        "group_by[]": list(group_by),
        "limit": DAYS_ASKED,
    }
    for bucket in pages(api, path, asked, cursor="page", next_key="next_page"):
        found = results(api, bucket, path)
        start, end = text(bucket.get("starting_at")), text(bucket.get("ending_at"))
        if start is None or end is None:
            raise unreadable(api, f"{path} has a day without starting_at and ending_at")
        # A day of another month is told again by that month.
        if first[:10] <= start[:10] < last[:10]:
            yield from ((start, end, result) for result in found)


SERVICE: Final = Service(columns=VENDOR.columns, read=read)
PLAN: Final = planner(VENDOR)
KIND = ConnectorKind(
    label="Anthropic",
    description="Daily costs of an Anthropic organization by workspace and model, with the tokens used.",
    access=(
        "An admin of the organization makes an admin key in the Claude Console, under Settings, Admin keys.",
        "The cost report has no costs of the priority tier: its use is read, with a cost of 0.",
    ),
    params=AnthropicSettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=planned(PLAN),
    planner=PLAN,
)

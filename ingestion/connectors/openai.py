"""OpenAI: what an organization is charged each day, and the tokens it used. Pure but for the network.

Sources: https://platform.openai.com/docs/api-reference/usage/costs, .../usage/completions and .../projects/list.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from pydantic import Field, SecretStr

from ingestion.ai.asking import DAYS_ASKED, count, days_of, names, pages, record, results, text, unreadable
from ingestion.ai.charges import Vendor, planner
from ingestion.ai.line_items import line_item
from ingestion.ai.lines import REQUESTS, TOKENS, Line, paired
from ingestion.delivery.http import Api, open_api
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.normalize.connector import ConnectorKind, planned

COSTS: Final = "organization/costs"
USAGE: Final = "organization/usage/completions"
PROJECTS: Final = "organization/projects"
UNITS: Final = {
    "tokens": (TOKENS, 1),
    "1000_tokens": (TOKENS, 1000),
    "duration_seconds": ("Seconds", 1),
    "duration_minutes": ("Minutes", 1),
    "duration_hours": ("Hours", 1),
    "gibibyte_hours": ("GiB-Hours", 1),
    "images": ("Images", 1),
    "characters": ("Characters", 1),
}
"""What a cost is told to be of, as the unit and how many of it are one."""
VENDOR: Final = Vendor(name="OpenAI", service="OpenAI API", account="project", token_words={})


class OpenAISettings(ServiceSettings):
    """Which organization, told by its admin key."""

    needed = ("api_key",)
    home = "https://api.openai.com"

    api_key: SecretStr | None = Field(
        default=None,
        title="Admin key",
        description="Begins with sk-admin-. A project's key cannot read costs.",
    )
    organization_id: str | None = Field(
        default=None,
        title="Organization",
        description="Its id, such as org-abc, to be the billing account. Left empty, it is what OpenAI's answers tell.",
    )


def read(settings: OpenAISettings, month: date) -> Iterator[Record]:
    """Yield the lines of a month.

    :raises DeliveryError: OpenAI does not answer, or otherwise than documented.
    """
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    days = days_of(month, today=datetime.now(UTC).date())
    asked = {
        "start_time": int(days.start.timestamp()),
        "end_time": int(days.end.timestamp()),
        "bucket_width": "1d",
        "limit": DAYS_ASKED,
    }
    headers = {"Authorization": f"Bearer {key}"}
    with open_api(settings, name="OpenAI", base=settings.home, headers=headers, path="/v1") as api:
        costs, organization = _costs(api, asked)
        usage = list(_usage(api, asked, currency=costs[0].currency if costs else "usd"))
        told = {**organization, "organization_id": settings.organization_id or organization.get("organization_id")}
        projects = names(api, PROJECTS, cursor="after", label="name")
        for line in paired(costs, usage):
            yield record(line, account="project", account_names=projects, organization=told)


def _costs(api: Api, asked: Mapping[str, Any]) -> tuple[list[Line], dict[str, str]]:
    """Return the costs, and the organization that they tell to be of."""
    lines: list[Line] = []
    organization: dict[str, str] = {}
    for start, end, result in _days(api, COSTS, {**asked, "group_by[]": ["project_id", "line_item"]}):
        amount = result.get("amount") or {}
        if not isinstance(amount, dict):
            raise unreadable(api, "an amount is not a value with its currency")
        for name in ("organization_id", "organization_name"):
            if value := text(result.get(name)):
                organization.setdefault(name, value)
        description = text(result.get("line_item"))
        found = line_item(description)
        quantity, unit = _quantity(api, result, is_of_tokens=found.token_type is not None)
        lines.append(
            Line(
                period_start=start,
                period_end=end,
                account_id=text(result.get("project_id")),
                description=description,
                model=found.model,
                token_type=found.token_type,
                service_tier=found.service_tier,
                context_window=found.context_window,
                amount=amount.get("value"),
                currency=amount.get("currency"),
                quantity=quantity,
                unit=unit,
            )
        )
    return lines, organization


def _quantity(api: Api, result: Mapping[str, Any], *, is_of_tokens: bool) -> tuple[Decimal | None, str | None]:
    """Return the quantity that a cost tells itself, as some do, and its unit.

    The field is not in the reference; its units are those of OpenAI's own client library (openai-python,
    types/admin/organization/cost_quantity_unit.py). Without a unit what names a kind of token counts tokens.
    """
    if result.get("quantity") is None:
        return None, None
    told = text(result.get("quantity_unit"))
    if told is None:
        return count(api, result, "quantity"), TOKENS if is_of_tokens else None
    unit, size = UNITS.get(told, (told, 1))
    return count(api, result, "quantity") * size, unit


def _usage(api: Api, asked: Mapping[str, Any], *, currency: Any) -> Iterator[Line]:
    for start, end, result in _days(api, USAGE, {**asked, "group_by[]": ["project_id", "model", "batch"]}):
        line = Line(
            period_start=start,
            period_end=end,
            account_id=text(result.get("project_id")),
            model=text(result.get("model")),
            # What is no batch may still be of any other tier, which this report does not tell.
            service_tier="batch" if result.get("batch") is True else None,
            currency=currency,
        )
        for kind, used in _used(api, result).items():
            if used:
                unit = REQUESTS if kind == "requests" else TOKENS
                yield replace(line, token_type=kind, quantity=used, unit=unit)


def _used(api: Api, result: Mapping[str, Any]) -> dict[str, Decimal]:
    """Return what was used by kind, as line items name the kinds.

    `input_tokens` are text and include the cached ones, which are charged for by themselves; audio is counted apart
    (https://platform.openai.com/docs/api-reference/usage/completions_object).
    """
    every, cached = count(api, result, "input_tokens"), count(api, result, "input_cached_tokens")
    return {
        "input": max(every - cached, Decimal(0)),
        "cached input": cached,
        "output": count(api, result, "output_tokens"),
        "audio input": count(api, result, "input_audio_tokens"),
        "audio output": count(api, result, "output_audio_tokens"),
        "requests": count(api, result, "num_model_requests"),
    }


def _days(api: Api, path: str, asked: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield each result with the start and end of its day."""
    for bucket in pages(api, path, asked, cursor="page", next_key="next_page"):
        found = results(api, bucket, path)
        if not isinstance(bucket.get("start_time"), int) or not isinstance(bucket.get("end_time"), int):
            raise unreadable(api, f"{path} has a day without start_time and end_time in seconds")
        # A day of another month is told again by that month.
        if asked["start_time"] <= bucket["start_time"] < asked["end_time"]:
            start, end = _moment(bucket["start_time"]), _moment(bucket["end_time"])
            yield from ((start, end, result) for result in found)


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


SERVICE: Final = Service(columns=VENDOR.columns, read=read)
PLAN: Final = planner(VENDOR)
KIND = ConnectorKind(
    label="OpenAI",
    description="Daily costs of an OpenAI organization by project and line item, with the tokens used.",
    access=(
        "An owner of the organization makes an admin key on platform.openai.com, under Settings, Admin keys.",
        "A restricted key needs to read usage and projects, and nothing else.",
    ),
    params=OpenAISettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=planned(PLAN),
    planner=PLAN,
)

"""Asking an AI provider's API for the days of a month, page by page. Pure but for the network.

The reports of OpenAI and Anthropic are alike: pages of buckets, a bucket for each day in UTC with its `results`, and a
cursor `next_page` while there `has_more`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ingestion.ai.lines import Line
from ingestion.delivery.http import JSON_MEANING, Api
from ingestion.delivery.services import Record
from ingestion.delivery.stores import DeliveryError
from itfm.core.periods import next_period

DAYS_ASKED: Final = 31
"""A month in one page; both APIs allow as much of each of their reports."""
NAMES_ASKED: Final = 100
MOST_PAGES: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Days:
    """The days of a month that have begun, as `[start, end)` in UTC."""

    start: datetime
    end: datetime


def days_of(month: date, *, today: date) -> Days:
    """Return the days of a month up to the present one.

    >>> days_of(date(2026, 10, 1), today=date(2026, 10, 3)).end.isoformat()
    '2026-10-04T00:00:00+00:00'
    """
    first, last = month.replace(day=1), min(next_period(month), today + timedelta(days=1))
    start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, max(last, first)))
    return Days(start=start, end=end)


def pages(api: Api, path: str, params: Mapping[str, Any], *, cursor: str, next_key: str) -> Iterator[Any]:
    """Yield the entries of `data` of every page; the next one is asked for by `cursor`, which `next_key` tells.

    :raises DeliveryError: the answer is not laid out like that, or leads back to a page that was read.
    """
    asked, seen = dict(params), set[str]()
    for _ in range(MOST_PAGES):
        page = api.get(path, asked)
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise unreadable(api, f"{path} has no list called data")
        yield from page["data"]
        following = page.get(next_key)
        if not page.get("has_more"):
            return
        if not following or str(following) in seen:
            raise unreadable(api, f"{path} has more pages but does not say where")
        seen.add(str(following))
        asked[cursor] = following
    raise unreadable(api, f"{path} has no last page")


def results(api: Api, bucket: Any, path: str) -> list[Mapping[str, Any]]:
    """Return the results of a bucket.

    :raises DeliveryError: it has none.
    """
    found = bucket.get("results") if isinstance(bucket, dict) else None
    if not isinstance(found, list) or not all(isinstance(result, dict) for result in found):
        raise unreadable(api, f"{path} has a day without results")
    return found


def names(api: Api, path: str, *, cursor: str, label: str) -> dict[str, str]:
    """Return the names of the projects or workspaces at a path by id, those no longer in use among them."""
    params = {"limit": NAMES_ASKED, "include_archived": "true"}
    found = pages(api, path, params, cursor=cursor, next_key="last_id")
    return {
        str(one["id"]): str(one[label])
        for one in found
        if isinstance(one, dict) and one.get("id") and one.get(label) is not None
    }


def count(api: Api, result: Mapping[str, Any], name: str) -> Decimal:
    """Return a count of a result, 0 where it tells none.

    :raises DeliveryError: it is no number.
    """
    value = result.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | None):
        raise unreadable(api, f"{name} is {str(value)[:40]!r}, no number")
    return Decimal(value or 0)


def text(value: Any) -> str | None:
    """Return a text of an answer, None where there is none."""
    return None if value is None or value == "" else str(value)


def unreadable(api: Api, what: str) -> DeliveryError:
    """Return the error of an answer that is laid out otherwise."""
    return DeliveryError("answer_unreadable", f"{api.name}: {what}. {JSON_MEANING}")


def record(line: Line, *, account: str, account_names: Mapping[str, str], organization: Record) -> Record:
    """Return a line as a row of the table; `account` is what the provider calls a part of an organization."""
    return {
        "period_start": line.period_start,
        "period_end": line.period_end,
        **organization,
        f"{account}_id": line.account_id,
        f"{account}_name": account_names.get(line.account_id or ""),
        "description": line.description,
        "cost_type": line.cost_type,
        "model": line.model,
        "token_type": line.token_type,
        "service_tier": line.service_tier,
        "context_window": line.context_window,
        "region": line.region,
        "amount": line.amount,
        "currency": line.currency,
        "quantity": line.quantity,
        "unit": line.unit,
    }

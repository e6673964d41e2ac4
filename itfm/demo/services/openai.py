"""The made-up company's OpenAI organization: its costs and usage, and the admin API that tells them. Pure.

Source: https://platform.openai.com/docs/api-reference/usage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from itfm.core.periods import period_name
from itfm.demo.other_bill import OtherBill
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError
from itfm.demo.services.paging import buckets_of, page_of_days, page_of_list, write_months
from itfm.demo.services.tokens import NANO_DIGITS, Account, Model, Used
from itfm.demo.usage import Month

KEY: Final = "openai"
ADMIN_KEY: Final = "sk-admin-sample-data"
ORGANIZATION: Final = "org-meridian-demo"
DAY: Final = 86_400
MOST_DAYS_SINCE: Final = 50_000
"""Since 1970; a later day is none."""
REPORTS: Final = {"v1/organization/costs": "costs", "v1/organization/usage/completions": "usage"}
KINDS: Final = {"input": "input", "cached": "cached input", "output": "output"}

_LARGE: Final = Model("gpt-5-2025-08-07", "GPT-5", {"input": 1_250, "cached": 125, "output": 10_000})
_SMALL: Final = Model("gpt-5-mini-2025-08-07", "GPT-5 mini", {"input": 250, "cached": 25, "output": 2_000})
_EMBEDDING: Final = Model("text-embedding-3-large", "Embeddings", {"input": 130})
PROJECTS: Final = (
    Account("proj_ml", "machine-learning", _LARGE, 9_400),
    Account("proj_contact", "contact-center", _SMALL, 5_200),
    Account("proj_content", "content", _SMALL, 1_900),
    Account("proj_search", "search", _EMBEDDING, 2_600),
)


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write what the organization was charged and what it used, by day."""
    data = Data(folder / FOLDER / KEY)
    data.keep("projects", [_project(account) for account in PROJECTS])
    reports = {"costs": _costs, "usage": _usage}
    totals = write_months(data, PROJECTS, calendar, seed=[seed, 20], reports=reports)
    settings = {"api_key": ADMIN_KEY, "first_month": period_name(calendar[0].first_day)}
    return OtherBill("openai", KEY, "OpenAI (sample data)", settings, totals, is_asked_for=True)


def answer(asked: Asked, data: Data) -> Any:
    """Answer as the admin API does.

    :raises RefusedError: the key is wrong, or there is no such thing.
    """
    if asked.headers.get("authorization") != f"Bearer {ADMIN_KEY}":
        raise RefusedError(401, "Incorrect API key provided.")
    if asked.method != "GET":
        raise RefusedError(405, "Only GET is allowed.")
    if asked.path == "v1/organization/projects":
        return {"object": "list", **page_of_list(asked, data.document("projects") or [], cursor="after")}
    if asked.path not in REPORTS:
        raise RefusedError(404, f"Invalid URL ({asked.path}).")
    first, end = (_day(asked.number(name, 0)) for name in ("start_time", "end_time"))
    days, following = page_of_days(asked, first=first, end=end)
    known = buckets_of(data, REPORTS[asked.path], days=days)
    return {
        "object": "page",
        "data": [_bucket(day, known.get(day.isoformat(), [])) for day in days],
        "has_more": following is not None,
        "next_page": following,
    }


def _bucket(day: date, results: list[Any]) -> dict[str, Any]:
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return {"object": "bucket", "start_time": start, "end_time": start + DAY, "results": results}


def _costs(one: Used) -> Iterator[Mapping[str, Any]]:
    for kind in one.tokens:
        yield {
            "object": "organization.costs.result",
            "amount": {"value": Decimal(one.nano(kind)).scaleb(-NANO_DIGITS), "currency": "usd"},
            "line_item": f"{one.account.model.name}, {KINDS[kind]}",
            "project_id": one.account.number,
            "organization_id": ORGANIZATION,
        }


def _usage(one: Used) -> Iterator[Mapping[str, Any]]:
    """Yield the completions; embeddings are in a report of their own."""
    if "output" in one.tokens:
        yield {
            "object": "organization.usage.completions.result",
            "input_tokens": one.tokens["input"] + one.tokens["cached"],
            "output_tokens": one.tokens["output"],
            "input_cached_tokens": one.tokens["cached"],
            "input_audio_tokens": 0,
            "output_audio_tokens": 0,
            "num_model_requests": one.requests,
            "project_id": one.account.number,
            "model": one.account.model.name,
            "batch": False,
        }


def _project(account: Account) -> dict[str, Any]:
    return {"id": account.number, "object": "organization.project", "name": account.team, "status": "active"}


def _day(seconds: int) -> date:
    return date(1970, 1, 1) + timedelta(days=min(seconds // DAY, MOST_DAYS_SINCE))

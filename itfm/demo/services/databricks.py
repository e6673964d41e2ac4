"""The made-up company's Databricks account: its usage with what it cost, and the SQL API that tells it. Pure.

Sources: https://docs.databricks.com/aws/en/admin/system-tables/billing and
https://docs.databricks.com/api/workspace/statementexecution. It knows the statement that asks for the usage of some
days, whose result comes in chunks, and the one that asks whether the account has prices of its own, which it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from itfm.core.periods import period_name
from itfm.demo import usage
from itfm.demo.cur import plain
from itfm.demo.other_bill import USD, OtherBill
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError, json_text
from itfm.demo.services.writing import keep_months
from itfm.demo.usage import THOUSAND, Month

KEY: Final = "databricks"
CREDENTIAL: Final = "dapi-sample-data"
WAREHOUSE: Final = "5c0ffee5a3b1e001"
STATEMENTS: Final = "api/2.0/sql/statements"
CHUNK: Final = 60
ACCOUNT: Final = "d4a7a000-0000-4000-8000-00000000da7a"
MICRO: Final = 6
MILLI: Final = 3
DISCOUNT: Final = 10
"""Percent off the list prices that the account has agreed on."""
COLUMNS: Final = (
    "account_id", "workspace_id", "cloud", "sku_name", "usage_date", "usage_unit", "billing_origin_product",
    "custom_tags", "job_id", "job_name", "dlt_pipeline_id", "warehouse_id", "cluster_id", "endpoint_id",
    "endpoint_name", "notebook_id", "run_as", "usage_quantity", "list_price", "contracted_price", "price_source",
    "list_cost", "contracted_cost", "currency_code",
)  # fmt: skip
PRODUCTION: Final = "2874610038211001"
LABORATORY: Final = "2874610038211002"


@dataclass(frozen=True)
class Use:
    """What a team uses of a resource: a DBU costs `price` thousandths of a dollar, a month some `budget` dollars."""

    team: str
    workspace: str
    product: str
    sku: str
    price: int
    budget: int
    resource: Mapping[str, str] = field(default_factory=dict)


USES: Final = (
    Use("forecasting", PRODUCTION, "JOBS", "PREMIUM_JOBS_COMPUTE", 150, 6_400,
        {"job_id": "814417", "job_name": "demand-forecast", "cluster_id": "1001-forecast"}),
    Use("forecasting", LABORATORY, "ALL_PURPOSE", "PREMIUM_ALL_PURPOSE_COMPUTE", 550, 1_900,
        {"cluster_id": "1001-notebooks", "notebook_id": "5520019"}),
    Use("recommendations", PRODUCTION, "MODEL_SERVING", "PREMIUM_SERVERLESS_REAL_TIME_INFERENCE", 70, 3_100,
        {"endpoint_id": "e7b1", "endpoint_name": "also-bought"}),
    Use("inventory", PRODUCTION, "DLT", "PREMIUM_DLT_CORE_COMPUTE", 300, 2_700, {"dlt_pipeline_id": "9f21-stock"}),
    Use("analytics", PRODUCTION, "SQL", "PREMIUM_SERVERLESS_SQL_COMPUTE", 700, 4_800, {"warehouse_id": WAREHOUSE}),
)  # fmt: skip
_DAYS: Final = re.compile(
    r"usage_date >= DATE '(20\d\d-\d\d-\d\d)' AND used\.usage_date < DATE '(20\d\d-\d\d-\d\d)'", re.ASCII
)
_TABLES: Final = "SHOW TABLES IN system.billing LIKE 'account_prices'"
_OWN_PRICES: Final = [["billing", "account_prices", "false"]]
_PLACE: Final = re.compile(
    rf"{STATEMENTS}/sample-(20\d\d-\d\d-\d\d)-to-(20\d\d-\d\d-\d\d)(?:/result/chunks/(\d{{1,4}}))?", re.ASCII
)


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write the rows of each month."""
    data = Data(folder / FOLDER / KEY)
    totals = keep_months(data, calendar, seed=seed, service=25, rows=_rows, decimals=MICRO)
    settings = {
        "host": "dbc-demo-meridian.cloud.databricks.com",
        "access_token": CREDENTIAL,
        "warehouse_id": WAREHOUSE,
        "first_month": period_name(calendar[0].first_day),
    }
    return OtherBill("databricks", KEY, "Databricks (sample data)", settings, totals, is_asked_for=True)


def answer(asked: Asked, data: Data) -> Any:
    """Answer as the SQL API does.

    :raises RefusedError: the token is wrong, or there is no such thing.
    """
    if asked.headers.get("authorization") != f"Bearer {CREDENTIAL}":
        raise RefusedError(401, "Credential was not sent or was of an unsupported type for this API.")
    if asked.method == "POST" and asked.path == STATEMENTS:
        return _run(asked.body if isinstance(asked.body, dict) else {}, data)
    place = _PLACE.fullmatch(asked.path)
    if asked.method != "GET" or place is None:
        raise RefusedError(404, "Not found")
    first, end, number = place.groups()
    rows = _between(data, first, end)
    if number is None:
        return _result(f"sample-{first}-to-{end}", COLUMNS, rows)
    if int(number) * CHUNK >= len(rows):
        raise RefusedError(404, "There is no such chunk.")
    return _chunk(f"sample-{first}-to-{end}", rows, int(number))


def _run(body: Mapping[str, Any], data: Data) -> dict[str, Any]:
    statement = str(body.get("statement"))
    if body.get("warehouse_id") != WAREHOUSE:
        raise RefusedError(404, "The warehouse does not exist.")
    if statement == _TABLES:
        return _result("sample-tables", ("database", "tableName", "isTemporary"), _OWN_PRICES)
    days = _DAYS.search(statement)
    if days is None:
        error = {"error_code": "BAD_REQUEST", "message": "Only the usage of some days can be asked for."}
        return {"statement_id": "sample-failed", "status": {"state": "FAILED", "error": error}}
    return _result(f"sample-{days[1]}-to-{days[2]}", COLUMNS, _between(data, days[1], days[2]))


def _between(data: Data, first: str, end: str) -> list[list[str | None]]:
    """Return the rows of the days from the first up to the end."""
    at = COLUMNS.index("usage_date")
    months = [name for name in data.months() if first[:7] <= name <= end[:7]]
    return [row for name in months for row in data.document(name) if first <= row[at] < end]


def _result(name: str, titles: Sequence[str], rows: Sequence[Sequence[str | None]]) -> dict[str, Any]:
    """Return the result of a statement, with its first chunk."""
    columns = [{"name": title, "position": place, "type_name": "STRING"} for place, title in enumerate(titles)]
    return {
        "statement_id": name,
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "format": "JSON_ARRAY",
            "schema": {"column_count": len(columns), "columns": columns},
            "total_chunk_count": -(-len(rows) // CHUNK),
            "total_row_count": len(rows),
            "truncated": False,
        },
        "result": _chunk(name, rows, 0) if rows else {},
    }


def _chunk(name: str, rows: Sequence[Sequence[str | None]], number: int) -> dict[str, Any]:
    start = number * CHUNK
    told: dict[str, Any] = {"chunk_index": number, "row_offset": start, "data_array": rows[start : start + CHUNK]}
    if start + CHUNK < len(rows):
        told["next_chunk_internal_link"] = f"/{STATEMENTS}/{name}/result/chunks/{number + 1}?row_index={start + CHUNK}"
    return told


def _rows(month: Month, random: np.random.Generator) -> Iterator[tuple[list[str | None], int]]:
    """Yield each row with what it is billed, in millionths of a dollar."""
    noise = random.integers(860, 1_141, size=(month.days, len(USES))).tolist()
    for day in range(month.days):
        on = month.first_day + timedelta(days=day)
        for use, factor in zip(USES, noise[day], strict=True):
            aimed = usage.shrunk(use.budget * 10**MICRO, months=month.age) // 31
            aimed = aimed * usage.WEEKDAYS[on.weekday()] // THOUSAND * factor // THOUSAND
            yield _row(use, on, quantity=aimed // use.price)


def _row(use: Use, on: date, *, quantity: int) -> tuple[list[str | None], int]:
    """Return the row of a day and what it is billed; `quantity` is in thousandths of a DBU."""
    own_price = use.price * (100 - DISCOUNT) // 100
    row = {
        "account_id": ACCOUNT,
        "workspace_id": use.workspace,
        "cloud": "AWS",
        "sku_name": use.sku,
        "usage_date": on.isoformat(),
        "usage_unit": "DBU",
        "billing_origin_product": use.product,
        "custom_tags": json_text({"team": use.team}),
        **use.resource,
        "usage_quantity": plain(quantity, MILLI),
        "list_price": plain(use.price, MILLI),
        "contracted_price": plain(own_price, MILLI),
        "price_source": "account",
        "list_cost": plain(quantity * use.price, MICRO),
        "contracted_cost": plain(quantity * own_price, MICRO),
        "currency_code": USD,
    }
    return [row.get(name) for name in COLUMNS], quantity * own_price

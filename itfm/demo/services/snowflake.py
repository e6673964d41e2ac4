"""The made-up company's Snowflake organization: its usage in currency, and the SQL API that tells it. Pure.

Sources: https://docs.snowflake.com/en/sql-reference/organization-usage/usage_in_currency_daily and
https://docs.snowflake.com/en/developer-guide/sql-api. It knows the one statement that asks for the days of a month; the
result comes in partitions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from itfm.core.periods import period_name
from itfm.demo import usage
from itfm.demo.cur import plain
from itfm.demo.other_bill import USD, OtherBill
from itfm.demo.services.asked import FOLDER, Asked, Data, RefusedError
from itfm.demo.services.writing import keep_months
from itfm.demo.usage import THOUSAND, Month

KEY: Final = "snowflake"
CREDENTIAL: Final = "pat-sample-data"
STATEMENTS: Final = "api/v2/statements"
PARTITION: Final = 100
ORGANIZATION: Final = "MERIDIAN_DEMO"
MICRO: Final = 6
MILLI: Final = 3
SOLD: Final = (("compute", "WAREHOUSE_METERING", 3_000, 86), ("storage", "STORAGE", 750, 14))
"""What is used, its type of service, millionths of a dollar for a thousandth of a unit, and its percent of the cost.

A credit is 3 dollars, a terabyte 0.75 a day.
"""
COLUMNS: Final = (
    "ORGANIZATION_NAME", "CONTRACT_NUMBER", "ACCOUNT_NAME", "ACCOUNT_LOCATOR", "REGION", "SERVICE_LEVEL", "USAGE_DATE",
    "USAGE_TYPE", "CURRENCY", "USAGE", "USAGE_IN_CURRENCY", "BALANCE_SOURCE", "BILLING_TYPE", "RATING_TYPE",
    "SERVICE_TYPE", "IS_ADJUSTMENT",
)  # fmt: skip
ACCOUNTS: Final = (("ANALYTICS", "MER41", 9_200), ("LOYALTY", "MER42", 4_600), ("FORECASTING", "MER43", 3_400))
"""Name, locator and whole dollars a month; accounts are called as their teams."""
_MONTH: Final = re.compile(r"USAGE_DATE >= '(20\d\d-(?:0[1-9]|1[0-2]))-01'::DATE", re.ASCII)
_PLACE: Final = re.compile(rf"{STATEMENTS}/sample-(20\d\d-(?:0[1-9]|1[0-2]))", re.ASCII)


def write(folder: Path, calendar: Sequence[Month], *, seed: int) -> OtherBill:
    """Write the rows of each month."""
    data = Data(folder / FOLDER / KEY)
    totals = keep_months(data, calendar, seed=seed, service=24, rows=_rows, decimals=MICRO)
    settings = {
        "host": "meridian-demo.snowflakecomputing.com",
        "access_token": CREDENTIAL,
        "warehouse": "BILLING_XS",
        "first_month": period_name(calendar[0].first_day),
    }
    return OtherBill("snowflake", KEY, "Snowflake (sample data)", settings, totals, is_asked_for=True)


def answer(asked: Asked, data: Data) -> Any:
    """Answer as the SQL API does.

    :raises RefusedError: the token is wrong, or there is no such thing.
    """
    token = asked.headers.get("authorization"), asked.headers.get("x-snowflake-authorization-token-type")
    if token != (f"Bearer {CREDENTIAL}", "PROGRAMMATIC_ACCESS_TOKEN"):
        raise RefusedError(401, "Programmatic access token is invalid.")
    if asked.method == "POST" and asked.path == STATEMENTS:
        statement = asked.body.get("statement") if isinstance(asked.body, dict) else None
        found = _MONTH.search(statement) if isinstance(statement, str) else None
        if found is None:
            raise RefusedError(422, "SQL compilation error: only the usage of a month can be asked for.")
        return _result(found[1], data.document(found[1]) or [])
    place = _PLACE.fullmatch(asked.path)
    if asked.method != "GET" or place is None:
        raise RefusedError(404, "Not found")
    rows, number = data.document(place[1]) or [], asked.number("partition", 0)
    return {"data": rows[number * PARTITION : (number + 1) * PARTITION]} if number else _result(place[1], rows)


def _result(month: str, rows: list[list[str]]) -> dict[str, Any]:
    """Return the result of the statement of a month, with its first partition."""
    sizes = [len(rows[start : start + PARTITION]) for start in range(0, max(1, len(rows)), PARTITION)]
    handle = f"sample-{month}"
    return {
        "code": "090001",
        "message": "Statement executed successfully.",
        "statementHandle": handle,
        "statementStatusUrl": f"/{STATEMENTS}/{handle}",
        "resultSetMetaData": {
            "format": "jsonv2",
            "numRows": len(rows),
            "partitionInfo": [{"rowCount": size} for size in sizes],
            "rowType": [{"name": name, "type": "text", "nullable": True} for name in COLUMNS],
        },
        "data": rows[:PARTITION],
    }


def _rows(month: Month, random: np.random.Generator) -> Iterator[tuple[list[str], int]]:
    """Yield each row with its cost in millionths of a dollar."""
    noise = random.integers(880, 1_121, size=(month.days, len(ACCOUNTS))).tolist()
    for day in range(month.days):
        on = month.first_day + timedelta(days=day)
        for (account, locator, budget), factor in zip(ACCOUNTS, noise[day], strict=True):
            aimed = usage.shrunk(budget * 10**MICRO, months=month.age) // 31
            aimed = aimed * usage.WEEKDAYS[on.weekday()] // THOUSAND * factor // THOUSAND
            for kind, service, price, percent in SOLD:
                quantity = aimed * percent // 100 // price
                cost = quantity * price
                yield [
                    ORGANIZATION, "DEMO-1", account, locator, "AWS_EU_CENTRAL_1", "Enterprise", on.isoformat(), kind,
                    USD, plain(quantity, MILLI), plain(cost, MICRO), "capacity", "consumption", kind, service, "FALSE",
                ], cost  # fmt: skip

"""Snowflake's usage in currency by day and account, asked of the organization's own view. Pure but for the network.

Sources: https://docs.snowflake.com/en/sql-reference/organization-usage/usage_in_currency_daily and
https://docs.snowflake.com/en/developer-guide/sql-api. The statement turns every column into text, so that no number
loses a digit, and what it answers is archived as a CSV of the view's columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated, Any, Final

import duckdb
from pydantic import AfterValidator, Field, SecretStr

from ingestion.delivery.http import Api, open_api
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.focus import attributes
from ingestion.focus.expressions import quoted
from ingestion.normalize.checks import currency_check
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import Plan
from ingestion.normalize.tables import RawTables
from ingestion.saas.answers import list_at, objects_at, revealed, unreadable
from ingestion.saas.checks import account_check, require
from ingestion.saas.hosts import host_under
from ingestion.saas.months import MONTH, day_rows, month_check, month_entries, month_of, month_range
from ingestion.saas.snowflake_usage import PATTERNS, charge_category, host, region_name, unit
from ingestion.saas.statements import awaited, records

SNOWFLAKE: Final = "Snowflake"
STATEMENTS: Final = "api/v2/statements"
TIMEOUT_SECONDS: Final = 900
HANDLE: Final = r"[0-9A-Za-z-]{1,64}"
TEXTS: Final = {
    "USAGE_DATE": "TO_VARCHAR(USAGE_DATE, 'YYYY-MM-DD')",
    "USAGE": "TO_VARCHAR(USAGE)",
    "USAGE_IN_CURRENCY": "TO_VARCHAR(USAGE_IN_CURRENCY)",
    "IS_ADJUSTMENT": "TO_VARCHAR(IS_ADJUSTMENT)",
}
COLUMNS: Final = (
    "ORGANIZATION_NAME",
    "CONTRACT_NUMBER",
    "ACCOUNT_NAME",
    "ACCOUNT_LOCATOR",
    "REGION",
    "SERVICE_LEVEL",
    "USAGE_DATE",
    "USAGE_TYPE",
    "CURRENCY",
    "USAGE",
    "USAGE_IN_CURRENCY",
    "BALANCE_SOURCE",
    "BILLING_TYPE",
    "RATING_TYPE",
    "SERVICE_TYPE",
    "IS_ADJUSTMENT",
)
REQUIRED: Final = (
    "ORGANIZATION_NAME",
    "USAGE_DATE",
    "USAGE_TYPE",
    "CURRENCY",
    "USAGE_IN_CURRENCY",
    "BALANCE_SOURCE",
    "IS_ADJUSTMENT",
)
KEY: Final = tuple(name.lower() for name in COLUMNS if not name.startswith("USAGE_") and name != "USAGE")
CARRIED: Final = frozenset(
    {
        "account_locator",
        "account_name",
        "currency",
        "organization_name",
        "region",
        "service_type",
        "usage",
        "usage_date",
        "usage_in_currency",
    }
)
"""Raw columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""
Host = Annotated[str | None, AfterValidator(host_under("snowflakecomputing.com", "snowflakecomputing.cn"))]


class SnowflakeSettings(ServiceSettings):
    """Settings of a Snowflake source: an account that sees its organization's usage, and a user's token."""

    home = "https://{host}"
    needed = ("host", "access_token", "warehouse")
    locks = ("endpoint_url", "host")

    host: Host = Field(
        default=None,
        title="Account host",
        description="Of the account that sees the organization's usage, for example acme-main.snowflakecomputing.com.",
    )
    access_token: SecretStr | None = Field(
        default=None, title="Access token", description="A programmatic access token of a user of that account."
    )
    warehouse: str | None = Field(
        default=None, max_length=255, title="Warehouse", description="Where the statement runs; the smallest will do."
    )
    role: str | None = Field(
        default=None,
        max_length=255,
        title="Role",
        description="A role that may read the usage. Left empty, the user's default role is taken.",
    )


def read(settings: SnowflakeSettings, month: date) -> Iterator[Record]:
    """Yield the rows of a month.

    :raises DeliveryError: Snowflake does not answer, or refuses the statement.
    """
    headers = {
        "Authorization": f"Bearer {revealed(settings.access_token)}",
        "X-Snowflake-Authorization-Token-Type": "PROGRAMMATIC_ACCESS_TOKEN",
    }
    asked = {
        "statement": statement(month),
        "timeout": TIMEOUT_SECONDS,
        "warehouse": settings.warehouse,
        "role": settings.role,
    }
    with open_api(
        settings,
        name=SNOWFLAKE,
        base=settings.base,
        headers=headers,
        answers=(HTTPStatus.OK, HTTPStatus.ACCEPTED),
    ) as api:
        answer = api.post(STATEMENTS, {name: value for name, value in asked.items() if value})
        path = _place(answer)
        result = awaited(answer, is_done=_is_result, again=lambda: api.get(path), name=SNOWFLAKE)
        columns = [str(column.get("name")) for column in objects_at(result, *_TYPES, name=SNOWFLAKE)]
        count = result["resultSetMetaData"].get("numRows")
        yield from records(_rows_of(api, result, path=path), columns=columns, count=count, name=SNOWFLAKE)


_TYPES: Final = ("resultSetMetaData", "rowType")


def statement(month: date) -> str:
    """Return the question for a month's rows, in an order that is always the same."""
    first, end = month_range(month)
    columns = ", ".join(f"{TEXTS[name]} AS {name}" if name in TEXTS else name for name in COLUMNS)
    return (
        f"SELECT {columns} FROM SNOWFLAKE.ORGANIZATION_USAGE.USAGE_IN_CURRENCY_DAILY AS DAILY"
        f" WHERE DAILY.USAGE_DATE >= '{first}'::DATE AND DAILY.USAGE_DATE < '{end}'::DATE"
        f" ORDER BY {', '.join(str(place) for place in range(1, len(COLUMNS) + 1))}"
    )


def _is_result(answer: Any) -> bool:
    """Return whether an answer is the result; one that says where it will be has no `resultSetMetaData`."""
    return isinstance(answer, dict) and "resultSetMetaData" in answer


def _place(answer: Any) -> str:
    """Return where a statement's state and its partitions are asked for, by its handle: never an address of theirs."""
    handle = answer.get("statementHandle") if isinstance(answer, dict) else None
    if not isinstance(handle, str) or not re.fullmatch(HANDLE, handle):
        raise unreadable(SNOWFLAKE, ("statementHandle",))
    return f"{STATEMENTS}/{handle}"


def _rows_of(api: Api, result: Mapping[str, Any], *, path: str) -> Iterator[Any]:
    """Yield the rows of all partitions; the first comes with the result."""
    yield from list_at(result, "data", name=SNOWFLAKE)
    partitions = list_at(result, "resultSetMetaData", "partitionInfo", name=SNOWFLAKE)
    for number in range(1, len(partitions)):
        yield from list_at(api.get(path, {"partition": number}), "data", name=SNOWFLAKE)


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:  # noqa: ARG001 - planners share one signature
    """Say how rows of the view become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    require(raw, *REQUIRED, of="Snowflake's view USAGE_IN_CURRENCY_DAILY")
    delivered = frozenset(raw.names())
    fields = Fields(delivered)
    return Plan(
        key=(*(name for name in (*KEY, "usage_type") if name in delivered), MONTH),
        entries=_entries(fields),
        rows=_rows(fields),
        decimals=tuple(name for name in ("usage", "usage_in_currency") if name in delivered),
        date_times=("usage_date",),
        source_amount="n_usage_in_currency",
        needed=("usage_date", "usage_in_currency"),
        derived=(month_of("usage_date", title="USAGE_DATE"),),
        kept={f"x_{name}": quoted(name) for name in sorted(delivered - CARRIED)},
        checks=(month_check("the date"), currency_check("currency"), account_check("organization_name")),
    )


def _entries(fields: Fields) -> dict[str, str]:
    text = fields.text
    service = f"coalesce({text('service_type')}, usage_type)"
    category = charge_category(fields)
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        **month_entries(),
        "billing_currency": "currency",
        "billing_account_id": "organization_name",
        "billing_account_name": "organization_name",
        "billing_account_type": "'Organization'",
        "sub_account_id": text("account_locator"),
        "sub_account_name": text("account_name"),
        "invoice_issuer_name": f"'{SNOWFLAKE}'",
        "service_provider_name": f"'{SNOWFLAKE}'",
        "host_provider_name": host(text("region")),
        **PATTERNS.columns(service, own_name=f"coalesce({service}, '{SNOWFLAKE}')"),
        "region_id": text("region"),
        "region_name": region_name(text("region")),
        "charge_category": category,
        "charge_frequency": f"CASE {category} WHEN 'Usage' THEN 'Usage-Based' WHEN 'Purchase' THEN 'Recurring'"
        " ELSE 'One-Time' END",
        # What a capacity contract paid has the contract's price, not one of a commitment discount.
        "pricing_category": f"CASE WHEN {category} IN ('Usage', 'Purchase') THEN 'Standard' END",
        "x_service_code": text("service_type"),
        "tags": "NULL::VARCHAR",
        "is_dropped": "FALSE",
    }


def _rows(fields: Fields) -> dict[str, str]:
    is_usage = "e_charge_category = 'Usage'"
    quantity = f"CASE WHEN {is_usage} THEN {fields.number('usage')} END"
    counted = f"CASE WHEN {is_usage} THEN {unit(fields)} END"
    return {
        **day_rows("usage_date"),
        # The view tells no list price, and FOCUS allows no empty cost.
        **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), "n_usage_in_currency"),
        "pricing_quantity": quantity,
        "pricing_unit": counted,
        "consumed_quantity": quantity,
        "consumed_unit": counted,
        "charge_description": "usage_type",
        "sku_id": fields.text("service_type"),
        "sku_meter": fields.text("service_type"),
        "sub_account_type": f"CASE WHEN {fields.text('account_locator')} IS NOT NULL THEN 'Account' END",
    }


ACCESS: Final = (
    "Make a service user with a role of its own, and grant the role the use of a small warehouse.",
    "GRANT DATABASE ROLE SNOWFLAKE.ORGANIZATION_BILLING_VIEWER TO ROLE <role>; lets it read what is billed.",
    "Give the user a programmatic access token restricted to this role, and a network policy that lets this server in.",
)
SERVICE: Final = Service(columns=COLUMNS, read=read)
KIND = ConnectorKind(
    label="Snowflake usage (SQL API or CSV)",
    description="What Snowflake bills an organization, by day, account and type of service.",
    access=ACCESS,
    params=SnowflakeSettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=planned(plan),
    planner=plan,
)

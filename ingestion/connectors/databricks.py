"""Databricks' usage by day, workspace and resource and its cost, asked of system tables. Pure but for the network.

Source: https://docs.databricks.com/api/workspace/statementexecution. The question is
`ingestion.saas.databricks_statement`; its answer is archived as a CSV of the same columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final

import duckdb
from pydantic import AfterValidator, Field, SecretStr

from ingestion.delivery import DeliveryError
from ingestion.delivery.http import Api, open_api
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.focus import attributes
from ingestion.focus.expressions import quoted
from ingestion.normalize.checks import CURRENCY_CODE, currency_check
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn, EntryCheck, Plan
from ingestion.normalize.tables import RawTables
from ingestion.saas.answers import list_at, objects_at, revealed, unreadable
from ingestion.saas.checks import account_check, require
from ingestion.saas.databricks_statement import COLUMNS, HAS_ACCOUNT_PRICES, statement
from ingestion.saas.databricks_usage import PATTERNS, host, resource_id, resource_kind, resource_name
from ingestion.saas.hosts import host_under
from ingestion.saas.months import MONTH, day_rows, month_check, month_entries, month_of, month_range
from ingestion.saas.statements import awaited, records

DATABRICKS: Final = "Databricks"
STATEMENTS: Final = "api/2.0/sql/statements"
STATEMENT_ID: Final = r"[0-9A-Za-z-]{1,64}"
UNDER_WAY: Final = frozenset({"PENDING", "RUNNING"})
TOO_LONG: Final = "byte limit exceeded"
"""Said of a result that is too long to be answered inline (https://github.com/databrickslabs/ucx/issues/3447)."""
REQUIRED: Final = (
    "account_id",
    "sku_name",
    "usage_date",
    "usage_quantity",
    "list_cost",
    "contracted_cost",
    "currency_code",
)
RESOURCE_KIND: Final = "x_resource_kind"
UNPRICED: Final = "x_unpriced"
KEY: Final = (
    "account_id",
    "billing_origin_product",
    "cloud",
    "currency_code",
    "custom_tags",
    "sku_name",
    "workspace_id",
)
NUMBERS: Final = ("contracted_cost", "contracted_price", "list_cost", "list_price", "usage_quantity")
CARRIED: Final = frozenset({"account_id", "currency_code", "custom_tags", "sku_name", "usage_date", "workspace_id"}) | {
    *NUMBERS,
    "usage_unit",
}
"""Raw columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""
Host = Annotated[str | None, AfterValidator(host_under("databricks.com", "azuredatabricks.net"))]


class DatabricksSettings(ServiceSettings):
    """Settings of a Databricks source: a workspace that sees the system tables, and a token for it."""

    home = "https://{host}"
    needed = ("host", "access_token", "warehouse_id")
    locks = ("endpoint_url", "host")

    host: Host = Field(
        default=None,
        title="Workspace host",
        description="Of a workspace with Unity Catalog, for example dbc-1234.cloud.databricks.com.",
    )
    access_token: SecretStr | None = Field(
        default=None, title="Access token", description="Of a service principal that may read the billing tables."
    )
    warehouse_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{1,64}$")] | None = Field(
        default=None, title="Warehouse id", description="Of the SQL warehouse that runs the statement."
    )
    currency: Annotated[str, Field(pattern=CURRENCY_CODE)] = Field(
        default="USD", title="Currency", description="The one of the account's prices; USD unless agreed otherwise."
    )


def read(settings: DatabricksSettings, month: date) -> Iterator[Record]:
    """Yield a month's usage with what it cost.

    :raises DeliveryError: Databricks does not answer, or the statement fails.
    """
    headers = {"Authorization": f"Bearer {revealed(settings.access_token)}"}
    with open_api(settings, name=DATABRICKS, base=settings.base, headers=headers) as api:
        has_own = any(True for _ in _rows(api, HAS_ACCOUNT_PRICES, settings=settings))
        yield from _period(api, *month_range(month), has_account_prices=has_own, settings=settings)


def _period(
    api: Api, first: date, end: date, *, has_account_prices: bool, settings: DatabricksSettings
) -> Iterator[Record]:
    """Yield the records of a period; in halves, where they are too many to be answered at once."""
    asked = statement(first, end, currency=settings.currency, has_account_prices=has_account_prices)
    days = (end - first).days
    try:
        yield from _rows(api, asked, settings=settings)
    except DeliveryError as error:
        if TOO_LONG not in str(error) or days == 1:
            raise
        middle = first + (end - first) // 2
        for half in ((first, middle), (middle, end)):
            yield from _period(api, *half, has_account_prices=has_account_prices, settings=settings)


def _rows(api: Api, asked: str, *, settings: DatabricksSettings) -> Iterator[Record]:
    body = {
        "warehouse_id": settings.warehouse_id,
        "statement": asked,
        "wait_timeout": "30s",
        "on_wait_timeout": "CONTINUE",
        "format": "JSON_ARRAY",
        "disposition": "INLINE",
    }
    answer = api.post(STATEMENTS, body)
    path = _place(answer)
    result = awaited(
        answer, is_done=lambda it: _state(it) not in UNDER_WAY, again=lambda: api.get(path), name=DATABRICKS
    )
    if _state(result) != "SUCCEEDED":
        raise DeliveryError("refused", f"{DATABRICKS} could not run the statement: {_reason(result)}. {ADVICE}")
    columns = [
        str(column.get("name")) for column in objects_at(result, "manifest", "schema", "columns", name=DATABRICKS)
    ]
    manifest = result["manifest"]
    if manifest.get("truncated"):
        raise DeliveryError("answer_unreadable", f"{DATABRICKS} cut the result short: {TOO_LONG}.")
    rows = _chunks(api, result, path=path)
    yield from records(rows, columns=columns, count=manifest.get("total_row_count"), name=DATABRICKS)


ADVICE: Final = "May the token's owner use the warehouse and read system.billing?"


def _state(answer: Any) -> str:
    status = answer.get("status") if isinstance(answer, dict) else None
    state = status.get("state") if isinstance(status, dict) else None
    if not isinstance(state, str):
        raise unreadable(DATABRICKS, ("status", "state"))
    return state


def _reason(answer: Mapping[str, Any]) -> str:
    error = answer["status"].get("error")
    told = error.get("message") if isinstance(error, dict) else None
    return " ".join(str(told or answer["status"]["state"]).split())[:300].rstrip(".")


def _place(answer: Any) -> str:
    """Return where a statement's state is asked for, by its id."""
    found = answer.get("statement_id") if isinstance(answer, dict) else None
    if not isinstance(found, str) or not re.fullmatch(STATEMENT_ID, found):
        raise unreadable(DATABRICKS, ("statement_id",))
    return f"{STATEMENTS}/{found}"


def _chunks(api: Api, answer: Mapping[str, Any], *, path: str) -> Iterator[Any]:
    """Yield the rows of all chunks; each says where the next one is, which must be a place of the same statement."""
    chunk: Any = answer.get("result") or {}
    while True:
        if chunk.get("data_array") is not None:
            yield from list_at(chunk, "data_array", name=DATABRICKS)
        link = chunk.get("next_chunk_internal_link")
        if not link:
            return
        if not str(link).startswith(f"/{path}/result/chunks/"):
            raise unreadable(DATABRICKS, ("next_chunk_internal_link",))
        chunk = api.get(str(link))
        if not isinstance(chunk, dict):
            raise unreadable(DATABRICKS, ("data_array",))


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:  # noqa: ARG001 - planners share one signature
    """Say how usage becomes FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    require(raw, *REQUIRED, of="usage of Databricks' system tables with its cost")
    delivered = frozenset(raw.names())
    fields = Fields(delivered)
    return Plan(
        key=(*(name for name in KEY if name in delivered), MONTH, RESOURCE_KIND, UNPRICED),
        entries=_entries(fields),
        rows=_rows_of(fields),
        decimals=tuple(name for name in NUMBERS if name in delivered),
        date_times=("usage_date",),
        source_amount="coalesce(n_contracted_cost, 0)",
        needed=("usage_date",),
        derived=(
            month_of("usage_date", title="usage_date"),
            DerivedColumn(name=RESOURCE_KIND, title="usage_metadata", sql=resource_kind(fields)),
            DerivedColumn(
                name=UNPRICED, title="contracted_cost", sql="CASE WHEN contracted_cost IS NULL THEN 'unpriced' END"
            ),
        ),
        kept={f"x_{name}": quoted(name) for name in sorted(delivered - CARRIED)},
        checks=(month_check("the date"), currency_check("currency_code"), account_check("account_id"), _price_check()),
    )


def _price_check() -> EntryCheck:
    return EntryCheck(
        code="price_missing",
        severity="warning",
        is_wrong=f"k_{UNPRICED} IS NOT NULL",
        column="sku_name",
        message="{value} has no price (first in {file}, row {row}): its use was counted with a cost of 0.",
    )


def _entries(fields: Fields) -> dict[str, str]:
    text = fields.text
    product = f"coalesce({text('billing_origin_product')}, sku_name)"
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        **month_entries(),
        "billing_currency": "currency_code",
        "billing_account_id": "account_id",
        "billing_account_type": "'Account'",
        "sub_account_id": text("workspace_id"),
        "invoice_issuer_name": f"'{DATABRICKS}'",
        "service_provider_name": f"'{DATABRICKS}'",
        "host_provider_name": host(text("cloud")),
        **PATTERNS.columns(product, own_name=f"coalesce({product}, '{DATABRICKS}')"),
        "resource_type": RESOURCE_KIND,
        "charge_category": "'Usage'",
        "charge_frequency": "'Usage-Based'",
        "pricing_category": "'Standard'",
        "x_service_code": text("billing_origin_product"),
        "tags": text("custom_tags"),
        "is_dropped": "FALSE",
    }


def _rows_of(fields: Fields) -> dict[str, str]:
    kind = RESOURCE_KIND
    quantity, unit = fields.number("usage_quantity"), fields.text("usage_unit")
    cost = "coalesce(n_contracted_cost, 0)"
    return {
        **day_rows("usage_date"),
        # The tables tell nothing of what was prepaid: use is billed at its price.
        **dict.fromkeys(("billed_cost", "effective_cost", "contracted_cost"), cost),
        "list_cost": f"coalesce(n_list_cost, {cost})",
        "list_unit_price": fields.number("list_price"),
        "contracted_unit_price": fields.number("contracted_price"),
        "pricing_quantity": quantity,
        "pricing_unit": unit,
        "consumed_quantity": quantity,
        "consumed_unit": unit,
        "charge_description": "sku_name",
        "sku_id": "sku_name",
        "sku_meter": "sku_name",
        "sub_account_type": f"CASE WHEN {fields.text('workspace_id')} IS NOT NULL THEN 'Workspace' END",
        "resource_id": resource_id(fields, kind=kind),
        "resource_name": resource_name(fields, kind=kind),
    }


SERVICE: Final = Service(columns=COLUMNS, read=read)
KIND = ConnectorKind(
    label="Databricks usage (system tables or CSV)",
    description="What Databricks costs by day, workspace, job, warehouse and endpoint, at list or account prices.",
    access=(
        "Make a service principal and grant it USE CATALOG on system, and USE SCHEMA and SELECT on system.billing.",
        "Let it use a small serverless SQL warehouse, and give it an access token for the workspace.",
    ),
    params=DatabricksSettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=planned(plan),
    planner=plan,
)

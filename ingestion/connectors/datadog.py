"""Datadog's cost by month, organization and product, asked of its usage metering API. Pure but for the network.

Source: https://docs.datadoghq.com/api/latest/usage-metering/, historical and estimated cost across an account. The
historical cost of a month is there by the 16th of the next; until then there is an estimate. Each charge of the answer
is archived as a row of a CSV, after the fields of its organization and the state of the month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

import duckdb
from pydantic import Field, SecretStr

from ingestion.delivery.http import Api, open_api
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.focus import attributes
from ingestion.focus.expressions import quoted
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import Plan
from ingestion.normalize.tables import RawTables
from ingestion.saas.answers import objects_at, revealed, unreadable
from ingestion.saas.checks import account_check, require
from ingestion.saas.datadog_services import PATTERNS
from ingestion.saas.datadog_totals import GROUP, IS_TOTAL, group_column, survey
from ingestion.saas.months import MONTH, month_check, month_entries, month_of

DATADOG: Final = "Datadog"
STATE: Final = "state"
ORGANIZATION: Final = ("date", "org_name", "public_id", "account_name", "account_public_id", "region", "total_cost")
CHARGE: Final = ("product_name", "charge_type", "cost")
REQUIRED: Final = ("date", "org_name", "public_id", *CHARGE)
CARRIED: Final = frozenset({"account_name", "account_public_id", "date", "cost", "org_name", "public_id", "region"})
"""Raw columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""
Site = Literal[
    "datadoghq.com",
    "datadoghq.eu",
    "us3.datadoghq.com",
    "us5.datadoghq.com",
    "ap1.datadoghq.com",
    "ap2.datadoghq.com",
    "uk1.datadoghq.com",
    "ddog-gov.com",
    "us2.ddog-gov.com",
]


class DatadogSettings(ServiceSettings):
    """Settings of a Datadog source: the site the account is on, and a key of the account and one of a person."""

    home = "https://api.{site}"
    needed = ("site", "api_key", "application_key")
    locks = ("endpoint_url", "site")

    site: Site | None = Field(
        default=None, title="Site", description="The one you log in at: datadoghq.com unless another is in its address."
    )
    api_key: SecretStr | None = Field(default=None, title="API key", description="A key of the parent organization.")
    application_key: SecretStr | None = Field(
        default=None, title="Application key", description="A key with the scopes usage_read and billing_read."
    )


def read(settings: DatadogSettings, month: date) -> Iterator[Record]:
    """Yield the charges of a month: what it did cost, or as long as that is not told, the estimate.

    :raises DeliveryError: Datadog does not answer.
    """
    headers = {
        "DD-API-KEY": revealed(settings.api_key),
        "DD-APPLICATION-KEY": revealed(settings.application_key),
    }
    with open_api(settings, name=DATADOG, base=settings.base, headers=headers) as api:
        for state in states(month, today=datetime.now(UTC).date()):
            charges = list(_charges(api, month, state=state))
            yield from charges
            if charges:
                return


def states(month: date, *, today: date) -> tuple[str, ...]:
    """Return which costs of a month there may be, the better ones first; estimates reach back one month."""
    present = today.replace(day=1)
    if month >= present:
        return ("estimated",)
    return ("historical", "estimated") if month == (present - timedelta(days=1)).replace(day=1) else ("historical",)


def _charges(api: Api, month: date, *, state: str) -> Iterator[Record]:
    asked = {"view": "sub-org", "start_month": f"{month:%Y-%m}", "end_month": f"{month:%Y-%m}"}
    for found in objects_at(api.get(f"api/v2/usage/{state}_cost", asked), "data", name=DATADOG):
        organization = found.get("attributes")
        if not isinstance(organization, dict):
            raise unreadable(DATADOG, ("data", "attributes"))
        # A neighboring month has a delivery of its own, and would count twice.
        if str(organization.get("date"))[:7] == asked["start_month"]:
            own = {name: organization.get(name) for name in ORGANIZATION}
            for charge in objects_at(organization, "charges", name=DATADOG):
                yield {STATE: state, **own, **{name: charge.get(name) for name in CHARGE}}


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:
    """Say how charges become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without, or the files cannot be read.
    """
    require(raw, *REQUIRED, of="cost of Datadog's usage metering API")
    delivered = frozenset(raw.names())
    fields = Fields(delivered)
    derived = (month_of("date", title="date"), group_column(fields))
    totals = survey(replace(raw, derived=derived), connection, fields)
    wanted = ("account_name", "account_public_id", "charge_type", "org_name", "product_name", "public_id", "region")
    return Plan(
        key=(*(name for name in wanted if name in delivered), MONTH, GROUP),
        entries=_entries(fields, is_left_out=totals.is_left_out),
        rows=_rows(),
        decimals=("cost",),
        date_times=("date",),
        source_amount=f"CASE WHEN {totals.is_left_out} THEN 0 ELSE n_cost END",
        needed=("date", "cost"),
        derived=derived,
        kept={f"x_{name}": quoted(name) for name in sorted(delivered - CARRIED)},
        checks=(month_check("the date"), account_check("public_id")),
        findings=totals.findings,
    )


def _entries(fields: Fields, *, is_left_out: str) -> dict[str, str]:
    is_committed = "lower(charge_type) = 'committed'"
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        **month_entries(),
        # The API tells no currency; its documentation speaks of US dollars, which Datadog lists its prices in.
        "billing_currency": "'USD'",
        "billing_account_id": f"coalesce({fields.text('account_public_id')}, public_id)",
        "billing_account_name": f"coalesce({fields.text('account_name')}, org_name)",
        "billing_account_type": (
            f"CASE WHEN {fields.text('account_public_id')} IS NULL THEN 'Organization' ELSE 'Account' END"
        ),
        "sub_account_id": "public_id",
        "sub_account_name": "org_name",
        "invoice_issuer_name": f"'{DATADOG}'",
        "service_provider_name": f"'{DATADOG}'",
        "host_provider_name": f"'{DATADOG}'",
        **PATTERNS.columns("product_name", own_name=f"coalesce(product_name, '{DATADOG}')"),
        "region_id": fields.text("region"),
        "charge_category": "'Usage'",
        "charge_frequency": f"CASE WHEN {is_committed} THEN 'Recurring' ELSE 'Usage-Based' END",
        # Of a lone total nobody knows.
        "pricing_category": f"CASE WHEN {is_committed} THEN 'Committed' WHEN NOT {IS_TOTAL} THEN 'Standard' END",
        "x_service_code": "product_name",
        "tags": "NULL::VARCHAR",
        "is_dropped": is_left_out,
    }


def _rows() -> dict[str, str]:
    month = "date_trunc('month', t_date)"
    return {
        # No list price is told, and FOCUS allows no empty cost.
        **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), "n_cost"),
        "charge_period_start": month,
        "charge_period_end": f"{month} + INTERVAL 1 MONTH",
        "charge_description": "concat_ws(', ', product_name, replace(charge_type, '_', ' '))",
        "sku_id": "product_name",
        "sku_meter": "product_name",
        "sub_account_type": "'Organization'",
    }


SERVICE: Final = Service(columns=(STATE, *ORGANIZATION, *CHARGE), read=read)
KIND = ConnectorKind(
    label="Datadog cost (API or CSV)",
    description="What each product of Datadog costs every organization of an account, month by month.",
    access=(
        "Make both keys in the parent organization; only it is told the cost of all.",
        "Make the application key for a service account, with the scopes usage_read and billing_read and no other.",
    ),
    params=DatadogSettings,
    open=SERVICE.open,
    discover=SERVICE.discover,
    normalize=planned(plan),
    planner=plan,
)

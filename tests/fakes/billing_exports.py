"""Tables of Google Cloud's billing exports as they stand in BigQuery: their schemas, and rows to change.

Sources: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage, `detailed-usage` and
`focus-export` beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.fakes.bigquery import PARTITION, Field, Table


def column(told: str) -> Field:
    """Return a column of a schema: `name TYPE`, `name TYPE*` when repeated, `name (fields)` for a record."""
    name, _, kind = told.partition(" ")
    mode = "REPEATED" if kind.endswith("*") else "NULLABLE"
    kind = kind.removesuffix("*")
    if kind.startswith("("):
        return {"name": name, "type": "RECORD", "mode": mode, "fields": columns(kind[1:-1])}
    return {"name": name, "type": kind, "mode": mode}


def columns(told: str) -> list[Field]:
    """Return the columns of a schema, written with commas between."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(told + ","):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and not depth:
            found.append(column(told[start:place].strip()))
            start = place + 1
    return found


PAIRS = "(key STRING, value STRING)*"
STANDARD = columns(
    "billing_account_id STRING, service (id STRING, description STRING), sku (id STRING, description STRING),"
    " usage_start_time TIMESTAMP, usage_end_time TIMESTAMP,"
    f" project (id STRING, number STRING, name STRING, labels {PAIRS}, ancestry_numbers STRING,"
    " ancestors (resource_name STRING, display_name STRING)*),"
    f" labels {PAIRS}, system_labels {PAIRS},"
    " location (location STRING, country STRING, region STRING, zone STRING), export_time TIMESTAMP, cost FLOAT,"
    " currency STRING, currency_conversion_rate FLOAT,"
    " usage (amount FLOAT, unit STRING, amount_in_pricing_units FLOAT, pricing_unit STRING),"
    " credits (name STRING, amount FLOAT, full_name STRING, id STRING, type STRING)*, invoice (month STRING),"
    " cost_type STRING, adjustment_info (id STRING, description STRING, mode STRING, type STRING),"
    " tags (key STRING, value STRING, inherited BOOLEAN, namespace STRING)*, cost_at_list FLOAT,"
    " transaction_type STRING, seller_name STRING, subscription (instance_id STRING)"
)
DETAILED = [
    *STANDARD,
    *columns(
        "price (effective_price NUMERIC, tier_start_amount NUMERIC, unit STRING, pricing_unit_quantity NUMERIC,"
        " list_price NUMERIC, effective_price_default NUMERIC), resource (name STRING, global_name STRING),"
        " consumption_model (id STRING, description STRING), cost_at_effective_price_default FLOAT"
    ),
]
FOCUS_PAIRS = "(Key STRING, Value STRING)*"
FOCUS = columns(
    "AvailabilityZone STRING, BilledCost NUMERIC, BillingAccountId STRING, BillingCurrency STRING,"
    " BillingPeriodStart TIMESTAMP, BillingPeriodEnd TIMESTAMP, ChargeCategory STRING, ChargeClass STRING,"
    " ChargeDescription STRING, ChargePeriodStart TIMESTAMP, ChargePeriodEnd TIMESTAMP, ConsumedQuantity NUMERIC,"
    " ConsumedUnit STRING, ContractedCost NUMERIC, ListCost NUMERIC, ListUnitPrice NUMERIC, PricingCategory STRING,"
    " PricingQuantity NUMERIC, PricingUnit STRING, ProviderName STRING, PublisherName STRING, RegionId STRING,"
    " ResourceId STRING, ResourceName STRING, ServiceName STRING, SkuId STRING, SubAccountId STRING,"
    " SubAccountName STRING, x_Credits (Name STRING, Amount NUMERIC, FullName STRING, Id STRING, Type STRING)*,"
    " x_CostType STRING, x_CurrencyConversionRate FLOAT, x_ExportTime TIMESTAMP,"
    " x_Project (Id STRING, Name STRING, AncestryNumbers STRING,"
    " Ancestors (ResourceName STRING, DisplayName STRING)*), x_ServiceId STRING,"
    f" x_SystemLabels {FOCUS_PAIRS}, x_Labels {FOCUS_PAIRS}, x_ProjectLabels {FOCUS_PAIRS},"
    " x_Tags (Key STRING, Value STRING, x_Inherited BOOLEAN, x_Namespace STRING)*, EffectiveCost NUMERIC"
)


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def usage(*, month: str = "202610", day: str = "2026-10-05", exported: str = "", **changes: Any) -> dict[str, Any]:
    """Return a row of a standard or detailed export: of an invoice month, used and exported on days."""
    moment = at(exported or f"{day}T06:00")
    row: dict[str, Any] = {
        "billing_account_id": "AAAAAA-BBBBBB-CCCCCC",
        "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
        "sku": {"id": "D973-5D65-BAB2", "description": "E2 Instance Core running in Belgium"},
        "usage_start_time": at(f"{day}T00:00"),
        "usage_end_time": at(f"{day}T01:00"),
        "project": {"id": "shop-prod", "number": "42", "name": "Shop", "labels": [], "ancestors": []},
        "location": {"location": "europe-west1", "country": "BE", "region": "europe-west1", "zone": "europe-west1-b"},
        "export_time": moment,
        "cost": 1.25,
        "currency": "EUR",
        "currency_conversion_rate": 0.9,
        "usage": {"amount": 3600.0, "unit": "seconds", "amount_in_pricing_units": 1.0, "pricing_unit": "hour"},
        "invoice": {"month": month},
        "cost_type": "regular",
        PARTITION: moment.replace(hour=0, minute=0),
    }
    return {**row, **changes}


def focus(*, month: str = "2026-10", day: str = "2026-10-05", exported: str = "", **changes: Any) -> dict[str, Any]:
    """Return a row of an export in FOCUS."""
    moment = at(exported or f"{day}T06:00")
    following = "2026-11" if month == "2026-10" else "2026-10"
    row: dict[str, Any] = {
        "BilledCost": Decimal("1.25"),
        "EffectiveCost": Decimal("1.25"),
        "ListCost": Decimal("2"),
        "ContractedCost": Decimal("1.5"),
        "BillingAccountId": "AAAAAA-BBBBBB-CCCCCC",
        "BillingCurrency": "EUR",
        "BillingPeriodStart": at(f"{month}-01T07:00"),
        "BillingPeriodEnd": at(f"{following}-01T07:00"),
        "ChargeCategory": "Usage",
        "ChargeDescription": "E2 Instance Core running in Belgium",
        "ChargePeriodStart": at(f"{day}T00:00"),
        "ChargePeriodEnd": at(f"{day}T01:00"),
        "ProviderName": "Google Cloud",
        "PublisherName": "Google Cloud",
        "ServiceName": "Compute Engine",
        "SubAccountId": "shop-prod",
        "SubAccountName": "Shop",
        "x_ServiceId": "6F81-5844-456A",
        "x_ExportTime": moment,
        PARTITION: moment.replace(hour=0, minute=0),
    }
    return {**row, **changes}


def standard_table(*rows: dict[str, Any], **settings: Any) -> Table:
    """Return a table of the standard export."""
    return Table(STANDARD, list(rows), **settings)


def detailed_table(*rows: dict[str, Any], **settings: Any) -> Table:
    """Return a table of the detailed export."""
    return Table(DETAILED, list(rows), **settings)


def focus_table(*rows: dict[str, Any], **settings: Any) -> Table:
    """Return a table of the export in FOCUS."""
    return Table(FOCUS, list(rows), **settings)

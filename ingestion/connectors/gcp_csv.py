"""Google Cloud's billing export, standard or detailed, as CSV or Parquet. Pure but for the files."""

from __future__ import annotations

from typing import Final

import duckdb

from ingestion.ai.models import CATEGORY, is_of_model, names_model, with_generative
from ingestion.delivery import BucketSettings
from ingestion.focus import attributes
from ingestion.focus.columns import snake_case
from ingestion.focus.expressions import literal, looked_up, quoted
from ingestion.focus.services import OTHER_CATEGORY, service_columns
from ingestion.gcp import labels, line_credits
from ingestion.gcp.fields import unnested
from ingestion.gcp.regions import REGIONS
from ingestion.gcp.resources import resource_type
from ingestion.gcp.services import SERVICES
from ingestion.normalize.checks import currency_check, period_check, require_columns
from ingestion.normalize.connector import ConnectorKind, discover, planned
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn, Double, EntryCheck, Plan
from ingestion.normalize.tables import RawTables

REQUIRED: Final = {
    snake_case(title): title
    for title in ("cost", "currency", "usage_start_time", "invoice.month", "service.description")
}
"""Raw name to the title in a flat export."""
CREDIT_COLUMNS: Final = (line_credits.KIND, line_credits.COMMITMENT)
SKU_KIND: Final = "x_sku_kind"
COMMITMENTS: Final = {"usage commitment": "Usage", "spend commitment": "Spend"}
"""Kinds of SKUs that are fees of commitments, and what is committed to."""
RESOURCE_KIND: Final = "x_resource_kind"
IS_GENERATIVE: Final = "x_is_generative"
KEY: Final = (
    "adjustment_info_id",
    "adjustment_info_mode",
    "billing_account_id",
    "cost_type",
    "currency",
    "currency_conversion_rate",
    "invoice_month",
    "labels",
    "location_country",
    "location_location",
    "location_region",
    "location_zone",
    "project_ancestors",
    "project_ancestry_numbers",
    "project_id",
    "project_labels",
    "project_name",
    "project_number",
    "seller_name",
    "service_description",
    "service_id",
    "system_labels",
    "tags",
    "transaction_type",
    "usage_pricing_unit",
    "usage_unit",
    *CREDIT_COLUMNS,
    SKU_KIND,
    RESOURCE_KIND,
    IS_GENERATIVE,
)
NUMBERS: Final = (
    "cost",
    "cost_at_list",
    "price_effective_price",
    "price_list_price",
    "usage_amount",
    "usage_amount_in_pricing_units",
    line_credits.CREDITED,
    line_credits.PROMOTIONS,
)
MOMENTS: Final = ("usage_start_time", "usage_end_time")
CARRIED: Final = frozenset(
    {
        "billing_account_id",
        "currency",
        "labels",
        "location_region",
        "location_zone",
        "price_effective_price",
        "price_list_price",
        "project_id",
        "project_name",
        "resource_global_name",
        "resource_name",
        "service_description",
        "service_id",
        "sku_description",
        "sku_id",
        "tags",
        "usage_amount",
        "usage_amount_in_pricing_units",
        "usage_end_time",
        "usage_pricing_unit",
        "usage_start_time",
        "usage_unit",
    }
)
"""Raw columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""


PROMOTION_ENTRIES: Final = {
    "charge_category": "'Credit'",
    "charge_frequency": "'One-Time'",
    "consumed_unit": "NULL",
    "pricing_category": "NULL",
    "commitment_discount_id": "NULL",
    "commitment_discount_category": "NULL",
    "commitment_discount_type": "NULL",
    "commitment_discount_status": "NULL",
}
"""What the row of a promotion has in place of the entries of the line it pays."""


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:  # noqa: ARG001 - planners share one signature
    """Say how the columns of an export become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    delivered = frozenset(raw.names())
    derived = unnested(delivered)
    flat = delivered | {column.name for column in derived}
    require_columns(
        raw,
        REQUIRED,
        message="{file} has no column {title}. Is it a billing export of Google Cloud?",
        derived=derived,
    )
    derived += _derived(Fields(flat))
    fields = Fields(delivered | {column.name for column in derived})
    credited, promotions = (
        f"coalesce({fields.number(name)}, 0)" for name in (line_credits.CREDITED, line_credits.PROMOTIONS)
    )
    return Plan(
        key=tuple(name for name in KEY if name in fields.names),
        entries=_entries(fields),
        rows=_rows(fields, discounts=f"{credited} - {promotions}"),
        decimals=tuple(name for name in NUMBERS if name in fields.names),
        date_times=tuple(name for name in MOMENTS if name in fields.names),
        source_amount=f"(n_cost + {credited})",
        needed=("cost", "usage_start_time"),
        derived=derived,
        kept={"x_service_code": "e_x_service_code"}
        | {f"x_{name}": quoted(name) for name in sorted(delivered - CARRIED)},
        checks=_checks(fields),
        doubles=(Double(is_due=f"{promotions} <> 0", entries=PROMOTION_ENTRIES, rows=_promotion_rows(promotions)),),
        period_end="usage_end_time" if "usage_end_time" in fields.names else None,
    )


def _promotion_rows(promotions: str) -> dict[str, str]:
    """Say what the row of a promotion has in place of the amounts and quantities of the line it pays."""
    return {
        **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), promotions),
        **dict.fromkeys(("pricing_quantity", "consumed_quantity", "list_unit_price"), "NULL"),
        "contracted_unit_price": "NULL",
        "charge_description": "'Promotional credit'",
    }


def _derived(fields: Fields) -> tuple[DerivedColumn, ...]:
    kind = resource_type(fields.text("resource_global_name"))
    own = (
        DerivedColumn(name=SKU_KIND, title="sku.description", sql=_sku_kind(fields)),
        DerivedColumn(name=RESOURCE_KIND, title="resource.global_name", sql=kind),
        DerivedColumn(name=IS_GENERATIVE, title="sku.description", sql=_is_generative(fields)),
    )
    if line_credits.CREDITS not in fields.names:
        return own
    return (*own, *line_credits.derived(subscription=fields.text("subscription_instance_id")))


def _sku_kind(fields: Fields) -> str:
    """Return whether a SKU is the fee of a commitment, to use or to an amount, or the price of spot machines.

    Source: https://docs.cloud.google.com/billing/docs/how-to/cud-analysis-flexible: fees of commitments to an amount
    are called `Commitment - dollar based v1: ...`; those to resources, `Commitment v1: ...`.
    """
    sku = f"lower({fields.text('sku_description')})"
    return (
        f"CASE WHEN {sku} LIKE 'commitment%dollar%based%' THEN 'spend commitment'"
        f" WHEN {sku} LIKE 'commitment%' THEN 'usage commitment'"
        f" WHEN contains({sku}, 'spot') OR contains({sku}, 'preemptible') THEN 'spot' END"
    )


def _is_generative(fields: Fields) -> str:
    """Return 'yes' for lines of a service for AI whose SKU is of a generative model."""
    for_ai = ", ".join(literal(name) for name, one in SERVICES.items() if one.category == CATEGORY)
    is_generative = f"CASE WHEN {is_of_model(fields.text('sku_description'))} THEN 'yes' END"
    return f"CASE WHEN {fields.text('service_description')} IN ({for_ai}) THEN {is_generative} END"


def _entries(fields: Fields) -> dict[str, str]:
    text = fields.text
    month = f"try_strptime({text('invoice_month')}, '%Y%m')"
    is_purchase = f"coalesce({SKU_KIND} IN ({', '.join(map(literal, COMMITMENTS))}), FALSE)"
    is_covered = f"{text(line_credits.KIND)} IN ('usage', 'spend') AND NOT {is_purchase}"
    region = f"coalesce({text('location_region')}, {text('location_location')})"
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        "billing_period": f"CAST({month} AS DATE)",
        # Google's months are those of Los Angeles.
        "billing_period_start": _in_utc(month),
        "billing_period_end": _in_utc(f"{month} + INTERVAL 1 MONTH"),
        "billing_currency": text("currency"),
        **_account_entries(fields),
        "invoice_issuer_name": "'Google Cloud'",
        "host_provider_name": "'Google Cloud'",
        "service_provider_name": f"coalesce({text('seller_name')}, 'Google Cloud')",
        **with_generative(
            service_columns(text("service_description"), SERVICES, own_name=text("service_description")),
            is_generative=f"{IS_GENERATIVE} IS NOT NULL OR {names_model(text('service_description'))}",
            own_name=text("service_description"),
        ),
        "region_id": region,
        "region_name": looked_up(region, REGIONS),
        "resource_type": RESOURCE_KIND,
        "charge_category": _charge_category(fields, is_purchase),
        "charge_class": f"CASE WHEN coalesce({text('adjustment_info_id')}, {text('adjustment_info_mode')}) IS NOT NULL"
        " THEN 'Correction' END",
        "charge_frequency": f"CASE WHEN {is_purchase} THEN 'Recurring'"
        f" WHEN lower({text('cost_type')}) = 'tax' THEN 'One-Time' ELSE 'Usage-Based' END",
        "pricing_category": f"CASE WHEN lower({text('cost_type')}) = 'tax' THEN NULL WHEN {is_covered} THEN 'Committed'"
        f" WHEN {SKU_KIND} = 'spot' THEN 'Dynamic' ELSE 'Standard' END",
        **_commitment_entries(fields, is_covered=is_covered, is_purchase=is_purchase),
        **_unit_entries(fields, is_purchase),
        "x_service_code": text("service_id"),
        "tags": labels.object_of(fields.names),
        "is_dropped": "FALSE",
    }


def _account_entries(fields: Fields) -> dict[str, str]:
    billing, project = fields.text("billing_account_id"), fields.text("project_id")
    return {
        "billing_account_id": billing,
        "billing_account_type": f"CASE WHEN {billing} IS NOT NULL THEN 'Billing Account' END",
        "sub_account_id": project,
        "sub_account_name": fields.text("project_name"),
        "sub_account_type": f"CASE WHEN {project} IS NOT NULL THEN 'Project' END",
    }


def _commitment_entries(fields: Fields, *, is_covered: str, is_purchase: str) -> dict[str, str]:
    """Return which commitment a line is of; a fee is of one only where it names it."""
    kind, commitment = fields.text(line_credits.KIND), fields.text(line_credits.COMMITMENT)
    is_fee = f"{is_purchase} AND {commitment} IS NOT NULL"
    return {
        "commitment_discount_id": f"CASE WHEN {is_covered} OR {is_purchase} THEN {commitment} END",
        "commitment_discount_category": f"CASE WHEN {is_covered} AND {kind} = 'usage' THEN 'Usage'"
        f" WHEN {is_covered} THEN 'Spend' WHEN {is_fee} THEN {looked_up(SKU_KIND, COMMITMENTS)} END",
        "commitment_discount_type": f"CASE WHEN {is_covered} OR ({is_fee}) THEN 'Committed Use Discount' END",
        "commitment_discount_status": f"CASE WHEN {is_covered} THEN 'Used' END",
    }


def _unit_entries(fields: Fields, is_purchase: str) -> dict[str, str]:
    is_usage = f"{_charge_category(fields, is_purchase)} = 'Usage'"
    return {
        "consumed_unit": f"CASE WHEN {is_usage} THEN {fields.text('usage_unit')} END",
        "pricing_unit": fields.text("usage_pricing_unit"),
    }


def _in_utc(month: str) -> str:
    return f"(({month}) AT TIME ZONE 'America/Los_Angeles') AT TIME ZONE 'UTC'"


def _charge_category(fields: Fields, is_purchase: str) -> str:
    return (
        f"CASE lower(coalesce({fields.text('cost_type')}, 'regular')) WHEN 'tax' THEN 'Tax'"
        f" WHEN 'regular' THEN CASE WHEN {is_purchase} THEN 'Purchase' ELSE 'Usage' END ELSE 'Adjustment' END"
    )


def _rows(fields: Fields, *, discounts: str) -> dict[str, str]:
    text, number = fields.text, fields.number
    billed = f"(n_cost + {discounts})"
    is_usage = "e_charge_category = 'Usage'"
    return {
        "availability_zone": text("location_zone"),
        "billed_cost": billed,
        # The export does not spread what a commitment costs over what it covers.
        "effective_cost": billed,
        "contracted_cost": "n_cost",
        "list_cost": f"coalesce({number('cost_at_list')}, n_cost)",
        "contracted_unit_price": number("price_effective_price"),
        "list_unit_price": number("price_list_price"),
        "charge_description": text("sku_description"),
        "charge_period_start": "t_usage_start_time",
        "charge_period_end": quoted("t_usage_end_time") if "usage_end_time" in fields.names else "NULL",
        "consumed_quantity": f"CASE WHEN {is_usage} THEN {number('usage_amount')} END",
        "pricing_quantity": number("usage_amount_in_pricing_units"),
        "resource_id": text("resource_global_name"),
        "resource_name": text("resource_name"),
        "sku_id": text("sku_id"),
        "sku_meter": text("sku_description"),
    }


def _checks(fields: Fields) -> tuple[EntryCheck, ...]:
    names = ", ".join(map(literal, SERVICES))
    checks = [
        period_check("invoice_month", words="the invoice month is {value}, not one such as 202610."),
        currency_check("currency"),
        EntryCheck(
            code="service_unknown",
            severity="info",
            is_wrong=f"service_name NOT IN ({names}) AND service_category = {literal(OTHER_CATEGORY)}",
            column="service_description",
            message="{value} is no known service (first in {file}, row {row}); its category is Other.",
        ),
    ]
    if line_credits.CREDITS in fields.names:
        checks.append(
            EntryCheck(
                code="credits_unreadable",
                is_wrong=f"k_{line_credits.KIND} = {literal(line_credits.UNREADABLE)}",
                column=line_credits.CREDITS,
                message="{file}, row {row}: the credits are {value}, no JSON array of amounts. Deliver it again.",
            )
        )
    return tuple(checks)


KIND = ConnectorKind(
    label="Google Cloud billing export (CSV or Parquet)",
    description="The standard or detailed usage cost export of Google Cloud, exported from BigQuery to files.",
    params=BucketSettings,
    discover=discover,
    normalize=planned(plan),
    planner=plan,
)

"""AWS Cost and Usage Reports: the legacy report and CUR 2.0, CSV or Parquet. Pure but for the files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final, Self

import duckdb
from pydantic import Field, model_validator

from ingestion.ai.models import names_model, with_generative
from ingestion.aws import accounts, line_items, nodes, recommendations, splits
from ingestion.aws.account_lists import AccountList, reading_accounts, with_listed_accounts
from ingestion.aws.labels import TAG_KEY, Labels, labels_of
from ingestion.aws.line_items import TYPE, Columns
from ingestion.aws.regions import REGIONS
from ingestion.aws.services import SERVICES
from ingestion.delivery import BucketSettings, Delivery, Store, open_store, tree
from ingestion.delivery.manifests import find_deliveries
from ingestion.focus import attributes
from ingestion.focus.expressions import lenient_moment, literal, looked_up, quoted
from ingestion.focus.services import OTHER_CATEGORY, service_columns
from ingestion.normalize.checks import currency_check, period_check, require_columns
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.plan import Double, EntryCheck, Plan
from ingestion.normalize.recommending import Recommending
from ingestion.normalize.tables import RawTables

REQUIRED: Final = {
    "line_item_unblended_cost": "lineItem/UnblendedCost",
    "line_item_line_item_type": "lineItem/LineItemType",
    "line_item_product_code": "lineItem/ProductCode",
    "line_item_currency_code": "lineItem/CurrencyCode",
    "line_item_usage_start_date": "lineItem/UsageStartDate",
    "bill_billing_period_start_date": "bill/BillingPeriodStartDate",
}
"""Raw name to the title in the legacy report."""
KEY: Final = (
    "bill_billing_period_start_date",
    "bill_billing_period_end_date",
    "bill_bill_type",
    "bill_billing_entity",
    "bill_invoicing_entity",
    "bill_payer_account_id",
    "bill_payer_account_name",
    "line_item_currency_code",
    "line_item_legal_entity",
    "line_item_line_item_type",
    "line_item_operation",
    "line_item_product_code",
    "line_item_usage_account_id",
    "line_item_usage_account_name",
    "pricing_term",
    "product_location",
    "product_product_family",
    "product_product_name",
    "product_region",
    "product_region_code",
    "product_servicename",
    "reservation_reservation_arn",
    "savings_plan_savings_plan_arn",
    "product",
    "resource_tags",
    "tags",
    "cost_category",
)
NUMBERS: Final = (
    "line_item_unblended_cost",
    "line_item_net_unblended_cost",
    "line_item_usage_amount",
    "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate",
    "reservation_effective_cost",
    "reservation_net_effective_cost",
    "reservation_net_unused_amortized_upfront_fee_for_billing_period",
    "reservation_net_unused_recurring_fee",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "savings_plan_net_savings_plan_effective_cost",
    "savings_plan_savings_plan_effective_cost",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
    *nodes.NUMBERS,
)
MOMENTS: Final = ("line_item_usage_start_date", "line_item_usage_end_date")
CARRIED: Final = {
    "bill_billing_period_start_date": "billing_period_start",
    "bill_billing_period_end_date": "billing_period_end",
    "bill_invoice_id": "invoice_id",
    "bill_invoicing_entity": "invoice_issuer_name",
    "bill_payer_account_id": "billing_account_id",
    "bill_payer_account_name": "billing_account_name",
    "line_item_availability_zone": "availability_zone",
    "line_item_currency_code": "billing_currency",
    "line_item_legal_entity": "service_provider_name",
    "line_item_line_item_description": "charge_description",
    "line_item_operation": "x_operation",
    "line_item_product_code": "x_service_code",
    "line_item_resource_id": "resource_id",
    "line_item_usage_account_id": "sub_account_id",
    "line_item_usage_account_name": "sub_account_name",
    "line_item_usage_amount": "pricing_quantity",
    "line_item_usage_end_date": "charge_period_end",
    "line_item_usage_start_date": "charge_period_start",
    "line_item_usage_type": "sku_meter",
    "pricing_currency": "pricing_currency",
    "pricing_public_on_demand_rate": "list_unit_price",
    "pricing_rate_code": "sku_price_id",
    "pricing_unit": "pricing_unit",
    "product_sku": "sku_id",
    "resource_tags": "tags",
    "tags": "tags",
    "cost_category": "x_cost_categories",
}
"""Raw columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""


UNUSED_ENTRIES: Final = {
    "charge_category": "'Usage'",
    "charge_frequency": "'Usage-Based'",
    "pricing_category": "'Committed'",
    "commitment_discount_status": "'Unused'",
}
"""What the row of the unused part of a commitment has in place of its purchase's entries."""


class CurSettings(BucketSettings):
    """Where the reports are, and what else is asked of AWS about them."""

    account_list: AccountList = None
    recommendations_prefix: str | None = Field(
        default=None,
        max_length=1000,
        title="Recommendations",
        description="The folder in the bucket, or within the folder that is read, of a Data Export of cost optimization"
        " recommendations, with the export's name: exports/recommendations. Left empty, none are read.",
    )

    @model_validator(mode="after")
    def _keeps_bills_apart(self) -> Self:
        if self.recommendations_folder and self.path is None and self.recommendations_folder == self.prefix.strip("/"):
            raise ValueError("The recommendations lie in a folder of their own: name it, with the export's name.")
        return self

    @property
    def recommendations_folder(self) -> str:
        """The folder of the recommendations, below the folder that is read or in the bucket; "" where none is named."""
        return (self.recommendations_prefix or "").strip("/")


def _bills(settings: CurSettings) -> Store:
    """Return the place of the bills without the folder of the recommendations, which have manifests like theirs."""
    store = open_store(settings)
    folder, prefix = settings.recommendations_folder, "" if settings.path else settings.prefix.strip("/")
    if not _names_recommendations(settings) or not tree.lies_in(folder, prefix):
        return store
    within = folder.removeprefix(prefix).strip("/")
    return recommendations.Part(store, tuple(file for file in store.files() if not tree.lies_in(file.path, within)))


def _names_recommendations(settings: CurSettings) -> bool:
    """Return whether there is a place of recommendations: beside a file that is named alone, there is none."""
    return bool(settings.recommendations_folder) and not (settings.path and settings.path.is_file())


def _recommendations(settings: CurSettings) -> Store | None:
    if not _names_recommendations(settings):
        return None
    if settings.path is None:
        return open_store(settings.model_copy(update={"prefix": settings.recommendations_prefix}))
    store, folder = open_store(settings), settings.recommendations_folder
    # Files are chosen by their paths in the folder, so that no name of the settings leads out of it.
    return recommendations.CopiedPart(store, tuple(file for file in store.files() if tree.lies_in(file.path, folder)))


def found_deliveries(settings: CurSettings) -> tuple[Delivery, ...]:
    """Return the deliveries in the bucket, each with the list of accounts where that is asked for.

    :raises DeliveryError: the bucket cannot be read, or the role is refused.
    """
    found = find_deliveries(_bills(settings))
    return with_listed_accounts(found, settings, account_list=settings.account_list)


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection, *, listed: Sequence[accounts.Account] = ()) -> Plan:
    """Say how the columns of a report become FOCUS 1.4, with what AWS Organizations has `listed` of accounts.

    :raises RejectedBillError: a column is missing that no charge can do without, or rows cannot be read.
    """
    require_columns(raw, REQUIRED, message="{file} has no column {title} ({name}). Is it a Cost and Usage Report?")
    columns = Columns(frozenset(raw.names()))
    labels = labels_of(raw, columns)
    numbers = tuple(name for name in NUMBERS if name in columns.names)
    if listed:
        accounts.load(listed, connection)
    bill = Plan(
        key=(*(name for name in KEY if name in columns.names), *labels.names),
        entries=_entries(columns, labels, has_list=bool(listed)),
        rows=_rows(columns),
        decimals=numbers,
        date_times=tuple(name for name in MOMENTS if name in columns.names),
        source_amount=line_items.amount(columns),
        needed=("line_item_unblended_cost", "line_item_usage_start_date"),
        kept=_kept(columns, labels=frozenset(labels.names)),
        checks=_checks(columns),
        doubles=(_unused_commitment(columns),),
        tag_key=TAG_KEY,
        json_columns=tuple(name for name in ("cost_category",) if name in columns.names),
        period_end="line_item_usage_end_date" if "line_item_usage_end_date" in columns.names else None,
    )
    return splits.split(bill, raw, connection, columns)


def _unused_commitment(columns: Columns) -> Double:
    """Return the charge of the part of a commitment's fee that nothing used."""
    unused = line_items.unused_cost(columns)
    rows = {
        **dict.fromkeys(("billed_cost", "list_cost", "contracted_cost"), "0"),
        "effective_cost": unused,
        **dict.fromkeys(("pricing_quantity", "pricing_unit", "consumed_quantity", "consumed_unit"), "NULL"),
    }
    return Double(is_due=f"coalesce({unused} <> 0, FALSE)", entries=UNUSED_ENTRIES, rows=rows)


def _entries(columns: Columns, labels: Labels, *, has_list: bool) -> dict[str, str]:
    text, region = columns.text, columns.product("region_code", "region")
    start, user = lenient_moment(text("bill_billing_period_start_date")), text("line_item_usage_account_id")
    entries = dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR")
    entries |= {raw_target: text(raw) for raw, raw_target in CARRIED.items() if raw_target in entries}
    entries |= {
        "billing_period": f"CAST(date_trunc('month', {start}) AS DATE)",
        "billing_period_start": start,
        "billing_period_end": lenient_moment(text("bill_billing_period_end_date")),
        "billing_currency": text("line_item_currency_code"),
        "host_provider_name": f"coalesce({text('bill_billing_entity')}, 'AWS')",
        "service_provider_name": f"coalesce({text('line_item_legal_entity')}, 'Amazon Web Services, Inc.')",
        "billing_account_type": f"CASE WHEN {text('bill_payer_account_id')} IS NOT NULL THEN 'Account' END",
        "sub_account_type": f"CASE WHEN {text('line_item_usage_account_id')} IS NOT NULL THEN 'Account' END",
        "region_id": region,
        "region_name": f"coalesce({columns.product('location')}, {looked_up(region, REGIONS)})",
        "resource_type": columns.product("product_family"),
        "charge_category": line_items.charge_category(columns),
        "charge_frequency": line_items.charge_frequency(),
        # A bill of refunds corrects bills that were invoiced before it.
        "charge_class": f"CASE WHEN {text('bill_bill_type')} = 'Refund' THEN 'Correction' END",
        "pricing_category": line_items.pricing_category(columns),
        **line_items.commitment_entries(columns),
        **_service_entries(columns),
        "x_line_item_line_item_type": TYPE,
        **labels.entries(of_account=accounts.told("tags", account=user) if has_list else None),
        **(_account_names(columns) if has_list else {}),
        "is_settled": line_items.is_settled(columns),
    }
    entries["is_dropped"] = f"{TYPE} = {literal(line_items.NEGATION)} AND ({entries['is_settled']})"
    return entries


def _account_names(columns: Columns) -> dict[str, str]:
    """Return the names that the list has of accounts which the bill tells without one."""
    return {
        f"{account}_account_name": f"coalesce({columns.text(name)}, {accounts.told('name', account=identity)})"
        for account, name, identity in (
            ("sub", "line_item_usage_account_name", columns.text("line_item_usage_account_id")),
            ("billing", "bill_payer_account_name", columns.text("bill_payer_account_id")),
        )
    }


def _service_entries(columns: Columns) -> dict[str, str]:
    code = columns.text("line_item_product_code")
    own = f"coalesce({columns.product('product_name', 'servicename')}, {code})"
    # Models of the marketplace have a product each, with a code that means nothing.
    return with_generative(service_columns(code, SERVICES, own_name=own), is_generative=names_model(own), own_name=own)


def _rows(columns: Columns) -> dict[str, str]:
    text, number = columns.text, columns.number
    is_usage = "e_charge_category = 'Usage'"
    billed = line_items.amount(columns)
    return {
        "availability_zone": text("line_item_availability_zone"),
        "billed_cost": f"CASE WHEN e_is_settled THEN 0 ELSE {billed} END",
        "charge_description": text("line_item_line_item_description"),
        "charge_period_start": "t_line_item_usage_start_date",
        "charge_period_end": quoted("t_line_item_usage_end_date")
        if "line_item_usage_end_date" in columns.names
        else "NULL",
        "consumed_quantity": f"CASE WHEN {is_usage} THEN {number('line_item_usage_amount')} END",
        "consumed_unit": f"CASE WHEN {is_usage} THEN {text('pricing_unit')} END",
        "contracted_cost": line_items.contracted_cost(columns),
        "effective_cost": line_items.effective_cost(columns),
        "invoice_id": text("bill_invoice_id"),
        "list_cost": line_items.list_cost(columns),
        "list_unit_price": number("pricing_public_on_demand_rate"),
        "pricing_currency": text("pricing_currency"),
        "pricing_quantity": number("line_item_usage_amount"),
        "pricing_unit": text("pricing_unit"),
        "resource_id": text("line_item_resource_id"),
        "sku_id": text("product_sku"),
        "sku_meter": text("line_item_usage_type"),
        "sku_price_id": f"coalesce({text('pricing_rate_code')}, {text('pricing_rate_id')})",
    }


def _kept(columns: Columns, *, labels: frozenset[str]) -> dict[str, str]:
    kept = {
        "x_service_code": "e_x_service_code",
        "x_operation": "e_x_operation",
        "x_cost_categories": "e_x_cost_categories",
    }
    for name in sorted(columns.names - labels - set(CARRIED)):
        kept[f"x_{name}"] = columns.number(name) if name in NUMBERS else quoted(name)
    return kept


NEGATION_CHECK: Final = EntryCheck(
    code="negation_differs",
    severity="warning",
    is_wrong=f"x_line_item_line_item_type = {literal(line_items.NEGATION)} AND NOT is_settled",
    column="savings_plan_savings_plan_arn",
    message=(
        "The usage covered by {value} and its negation (first in {file}, row {row}) do not cancel;"
        " both stay in the billed cost as delivered."
    ),
)


def _checks(columns: Columns) -> tuple[EntryCheck, ...]:
    codes = ", ".join(map(literal, SERVICES))
    checks = [
        period_check("bill_billing_period_start_date", words="the billing period starts at {value}, which is no date."),
        currency_check("line_item_currency_code"),
        EntryCheck(
            code="line_item_type_missing",
            is_wrong="x_line_item_line_item_type IS NULL",
            column=TYPE,
            message="{file}, row {row}: the line item has no type. Deliver it again.",
        ),
        EntryCheck(
            code="service_unknown",
            severity="info",
            is_wrong=f"x_service_code NOT IN ({codes}) AND service_category = {literal(OTHER_CATEGORY)}",
            column="line_item_product_code",
            message="{value} is no known service (first in {file}, row {row}); its category is Other.",
        ),
    ]
    if "savings_plan_savings_plan_arn" in columns.names:
        checks.append(NEGATION_CHECK)
    return tuple(checks)


KIND = ConnectorKind(
    label="AWS Cost and Usage Report (legacy and CUR 2.0)",
    description="What AWS delivers to a bucket of yours as a Data Export or a Cost and Usage Report, CSV or Parquet.",
    params=CurSettings,
    discover=found_deliveries,
    normalize=reading_accounts(lambda _settings, listed: partial(plan, listed=listed)),
    planner=plan,
    reuses_files=True,
    recommending=Recommending(
        open=_recommendations,
        find=recommendations.newest,
        write=recommendations.write,
        is_list=recommendations.is_list,
        columns=recommendations.COLUMNS,
    ),
)

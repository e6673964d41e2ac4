"""A sound row of every kind of bill that is read from a file, and which of its columns holds what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingestion.aws import cost_explorer
from ingestion.connectors.databricks import COLUMNS as DATABRICKS_COLUMNS
from tests.ingestion.normalize.bills import (
    ASSET_ROW,
    AWS_ROW,
    AZURE_ROW,
    CONTRACT_ROW,
    DATADOG_ROW,
    FOCUS_ROW,
    GCP_ROW,
    POSTING_ROW,
    SNOWFLAKE_ROW,
)
from tests.ingestion.oci_rows import COST_ROW


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of bill. `amount`, `date` and `currency` are titles; '' where the kind has no such column.

    `unique` is that of a column in which no value may stand twice.
    """

    kind: str
    row: Mapping[str, str]
    amount: str
    date: str
    currency: str = ""
    unique: str = ""
    needs_amount: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)


SPLIT: dict[str, str] = {
    **AWS_ROW,
    "lineItem/ResourceId": "arn:aws:eks:eu-west-1:2222:pod/prod/shop/cart-1/uid",
    "lineItem/UsageType": "EKS-EC2-vCPU-Hours",
    "splitLineItem/ParentResourceId": "i-1",
    "splitLineItem/SplitCost": "0.3",
    "splitLineItem/UnusedCost": "0.1",
}
"""A line of a pod, whose planner looks at the rows before they are read."""
AZURE: dict[str, str] = {
    **AZURE_ROW,
    "Cost": "3",
    "EffectivePrice": "0.125",
    "UnitPrice": "0.125",
    "BillingCurrency": "EUR",
}
COST_EXPLORER = dict(
    zip(
        cost_explorer.COLUMNS,
        ("2026-10-05", "Usage", "111111111111", "Shop", "AWS Lambda", "1.5", "1.5", "USD", "false"),
        strict=True,
    )
)
OPENCOST = {
    "start": "2026-10-05T00:00:00Z",
    "end": "2026-10-06T00:00:00Z",
    "cluster": "prod",
    "namespace": "shop",
    "controller_kind": "deployment",
    "controller": "cart",
    "component": "CPU",
    "cost": "0.3",
    "quantity": "2.5",
    "unit": "Core-Hours",
    "currency": "USD",
    "labels": "",
}
AI = {
    "period_start": "2026-10-05T00:00:00Z",
    "period_end": "2026-10-06T00:00:00Z",
    "organization_id": "org-1",
    "project_id": "p-1",
    "project_name": "Shop",
    "workspace_id": "p-1",
    "workspace_name": "Shop",
    "description": "tokens",
    "model": "model-1",
    "token_type": "input",
    "service_tier": "",
    "amount": "1.5",
    "currency": "USD",
    "quantity": "1000",
    "unit": "Tokens",
}
GITHUB = {
    "billingAccount": "acme",
    "date": "2026-10-05T00:00:00Z",
    "product": "actions",
    "sku": "Actions Linux",
    "quantity": "100",
    "unitType": "Minutes",
    "pricePerUnit": "0.008",
    "grossAmount": "0.8",
    "discountAmount": "0.3",
    "netAmount": "0.5",
    "organizationName": "acme",
    "repositoryName": "acme/shop",
}
DATABRICKS = {
    **dict.fromkeys(DATABRICKS_COLUMNS, ""),
    "account_id": "acc-1",
    "workspace_id": "w1",
    "sku_name": "PREMIUM_JOBS_COMPUTE",
    "usage_date": "2026-10-05",
    "usage_unit": "DBU",
    "billing_origin_product": "JOBS",
    "usage_quantity": "10.5",
    "list_price": "0.30",
    "contracted_price": "0.20",
    "price_source": "account",
    "list_cost": "3.15",
    "contracted_cost": "2.10",
    "currency_code": "USD",
}
INVOICE = {"Date": "2026-10-05", "Item": "Mail", "Amount": "1.5", "Currency": "EUR", "Invoice": "I-1"}

FORMATS = (
    Format(kind="focus", row=FOCUS_ROW, amount="BilledCost", date="ChargePeriodStart", currency="BillingCurrency"),
    Format(
        kind="aws_cur",
        row=AWS_ROW,
        amount="lineItem/UnblendedCost",
        date="lineItem/UsageStartDate",
        currency="lineItem/CurrencyCode",
    ),
    Format(
        kind="aws_cur",
        row=SPLIT,
        amount="splitLineItem/SplitCost",
        date="lineItem/UsageStartDate",
        currency="lineItem/CurrencyCode",
        needs_amount=False,
    ),
    Format(kind="aws_cost_explorer", row=COST_EXPLORER, amount="unblended_cost", date="date", currency="currency"),
    Format(kind="azure_export", row=AZURE, amount="Cost", date="Date", currency="BillingCurrency"),
    Format(kind="gcp_csv", row=GCP_ROW, amount="cost", date="usage_start_time", currency="currency"),
    Format(
        kind="oci_cost_report",
        row=COST_ROW,
        amount="cost/myCost",
        date="lineItem/intervalUsageStart",
        currency="cost/currencyCode",
        unique="lineItem/referenceNo",
    ),
    Format(kind="opencost", row=OPENCOST, amount="cost", date="start", currency="currency"),
    Format(kind="openai", row=AI, amount="amount", date="period_start", currency="currency", needs_amount=False),
    # Usage has no amount, and amounts are in cents.
    Format(kind="anthropic", row=AI, amount="amount", date="period_start", currency="currency", needs_amount=False),
    Format(kind="github", row=GITHUB, amount="netAmount", date="date"),
    Format(kind="datadog", row=DATADOG_ROW, amount="cost", date="date"),
    Format(kind="snowflake", row=SNOWFLAKE_ROW, amount="USAGE_IN_CURRENCY", date="USAGE_DATE", currency="CURRENCY"),
    Format(
        kind="databricks",
        row=DATABRICKS,
        amount="contracted_cost",
        date="usage_date",
        currency="currency_code",
        needs_amount=False,
    ),
    Format(
        kind="contracts",
        row=CONTRACT_ROW,
        amount="amount",
        date="start_date",
        currency="currency",
        settings={"last_month": "2026-12"},
    ),
    Format(
        kind="assets",
        row=ASSET_ROW,
        amount="cost",
        date="in_service_date",
        unique="asset_id",
        currency="currency",
        settings={"last_month": "2026-12"},
    ),
    Format(kind="ledger", row=POSTING_ROW, amount="amount", date="date", currency="currency"),
    Format(
        kind="invoice_file", row=INVOICE, amount="Amount", date="Date", currency="Currency", settings={"vendor": "Acme"}
    ),
)

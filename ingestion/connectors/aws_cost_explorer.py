"""AWS Cost Explorer: costs by day, account and service, for who has no export yet. Pure but for the asking.

It knows no resources, tags or prices: a Data Export tells all of these, and this is what there is without one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import ClassVar, Final

import duckdb

from ingestion.aws import accounts
from ingestion.aws.account_lists import AccountList, reading_accounts, with_listed_accounts
from ingestion.aws.cost_explorer import COLUMNS, costs
from ingestion.aws.services import SERVICES
from ingestion.delivery import Delivery
from ingestion.delivery.aws_access import AwsAccess, aws_client
from ingestion.delivery.services import Record, Service, ServiceSettings
from ingestion.focus import attributes
from ingestion.focus.expressions import lenient_moment, literal
from ingestion.focus.services import service_columns
from ingestion.normalize.checks import currency_check, period_check, require_columns
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import EntryCheck, Plan
from ingestion.normalize.tables import RawTables

REQUIRED: Final = {name: name for name in ("date", "record_type", "service", "unblended_cost", "currency")}
KEY: Final = ("date", "record_type", "account_id", "account_name", "service", "currency", "is_estimated")
CATEGORIES: Final = {
    "Tax": "Tax",
    "Credit": "Credit",
    "Recurring reservation fee": "Purchase",
    "Upfront": "Purchase",
    "Upfront reservation fee": "Purchase",
    "Other out-of-cycle charges": "Purchase",
    "Savings Plan Recurring Fee": "Purchase",
    "Savings Plan Upfront Fee": "Purchase",
    "SavingsPlanRecurringFee": "Purchase",
    "SavingsPlanUpfrontFee": "Purchase",
}
"""Record types that are no usage, as Cost Explorer writes them."""
COVERED: Final = (
    "DiscountedUsage",
    "Reservation applied usage",
    "SavingsPlanCoveredUsage",
    "Savings Plan Covered Usage",
)


class CostExplorerSettings(AwsAccess, ServiceSettings):
    """As whom Cost Explorer is asked."""

    home: ClassVar[str] = "AWS Cost Explorer"

    account_list: AccountList = None


def read(settings: CostExplorerSettings, month: date) -> Iterator[Record]:
    """Yield the costs of a month."""
    # Cost Explorer answers for all regions in one.
    own = settings if settings.region else settings.model_copy(update={"region": "us-east-1"})
    yield from costs(aws_client(own, "ce"), month)


SERVICE: Final = Service(columns=COLUMNS, read=read)


def found_deliveries(settings: CostExplorerSettings) -> tuple[Delivery, ...]:
    """Return a delivery for each month, each with the list of accounts where that is asked for.

    :raises DeliveryError: Cost Explorer does not answer, or the role is refused.
    """
    return with_listed_accounts(SERVICE.discover(settings), settings, account_list=settings.account_list)


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection, *, listed: Sequence[accounts.Account] = ()) -> Plan:
    """Say how the columns of Cost Explorer become FOCUS 1.4, with what AWS Organizations has `listed` of accounts.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    require_columns(raw, REQUIRED, message="{file} has no column {title}. Is it from AWS Cost Explorer?")
    fields = Fields(frozenset(raw.names()))
    if listed:
        accounts.load(listed, connection)
    cost = fields.number("unblended_cost")
    return Plan(
        key=tuple(name for name in KEY if name in fields.names),
        entries=_entries(fields, has_list=bool(listed)),
        rows={
            **dict.fromkeys(("billed_cost", "contracted_cost"), cost),
            # Neither list nor negotiated prices are told; the billed cost stands for them, so that savings read 0.
            "list_cost": cost,
            "effective_cost": f"coalesce({fields.number('net_amortized_cost')}, {cost})",
            "charge_description": f"concat_ws(', ', {fields.text('service')}, {fields.text('record_type')})",
            "charge_period_start": "t_date",
            "charge_period_end": "t_date + INTERVAL 1 DAY",
        },
        decimals=tuple(name for name in ("unblended_cost", "net_amortized_cost") if name in fields.names),
        date_times=("date",),
        source_amount=cost,
        needed=("unblended_cost", "date"),
        kept={"x_record_type": fields.text("record_type"), "x_is_estimated": fields.text("is_estimated")},
        checks=(
            period_check("date", words="the day is {value}, which is no date."),
            currency_check("currency"),
            EntryCheck(
                code="record_type_missing",
                is_wrong="x_record_type IS NULL",
                column="record_type",
                message="{file}, row {row}: the cost has no record type. Ask for it again.",
            ),
        ),
    )


def _entries(fields: Fields, *, has_list: bool) -> dict[str, str]:
    text = fields.text
    name, account = text("account_name"), text("account_id")
    month, kind, service = f"date_trunc('month', {lenient_moment(text('date'))})", text("record_type"), text("service")
    covered = ", ".join(map(literal, COVERED))
    cases = " ".join(f"WHEN {literal(word)} THEN {literal(category)}" for word, category in CATEGORIES.items())
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        "billing_period": f"CAST({month} AS DATE)",
        "billing_period_start": month,
        "billing_period_end": f"{month} + INTERVAL 1 MONTH",
        "billing_currency": text("currency"),
        "billing_account_id": "'AWS'",
        "sub_account_id": account,
        "sub_account_name": f"coalesce({name}, {accounts.told('name', account=account)})" if has_list else name,
        "sub_account_type": f"CASE WHEN {account} IS NOT NULL THEN 'Account' END",
        "invoice_issuer_name": "'Amazon Web Services, Inc.'",
        "service_provider_name": "'Amazon Web Services, Inc.'",
        "host_provider_name": "'AWS'",
        **service_columns(service, BY_NAME, own_name=service),
        "charge_category": f"CASE {kind} {cases} ELSE 'Usage' END",
        "charge_frequency": f"CASE WHEN {kind} IN ('Tax', 'Credit', 'Refund') THEN 'One-Time' ELSE 'Usage-Based' END",
        "pricing_category": f"CASE WHEN {kind} = 'Tax' THEN NULL WHEN {kind} IN ({covered}) THEN 'Committed'"
        " ELSE 'Standard' END",
        "x_record_type": kind,
        "tags": accounts.told("tags", account=account) if has_list else "NULL::VARCHAR",
        "is_dropped": "FALSE",
    }


BY_NAME: Final = {service.name: service for service in SERVICES.values()}
"""Cost Explorer tells services by the names that FOCUS has."""

KIND = ConnectorKind(
    label="AWS Cost Explorer",
    description="Costs by day, account and service, asked from AWS: less than a Data Export tells, and there at once.",
    access=(
        "Permit ce:GetCostAndUsage and ce:GetDimensionValues.",
        "AWS charges 0.01 USD a question. A pull asks some eight of them for each month that is not settled.",
        "For an account list permit organizations:ListAccounts and organizations:ListTagsForResource as well.",
    ),
    params=CostExplorerSettings,
    open=SERVICE.open,
    discover=found_deliveries,
    normalize=reading_accounts(lambda _settings, listed: partial(plan, listed=listed)),
    planner=plan,
    reuses_files=True,
)

"""The columns of an Azure export, under the titles that agreements and versions of exports give them. Pure.

Sources: https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields and the
schemas of the exports (actual and amortized cost, EA and MCA). Titles are compared without regard to case, so
`PayGPrice` and `payGPrice` are one; where the files of a bill differ in their spelling, a derived column holds both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ingestion.focus.columns import snake_case
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import Finding
from ingestion.normalize.plan import DerivedColumn, RawColumn
from ingestion.normalize.tables import RawTables

_TITLES: Final = """
account_name: AccountName
additional_info: AdditionalInfo
availability_zone: AvailabilityZone
benefit_id: BenefitId
benefit_name: BenefitName
billing_account_id: BillingAccountId
billing_account_name: BillingAccountName
billing_currency: BillingCurrencyCode, BillingCurrency
billing_period_end: BillingPeriodEndDate
billing_period_start: BillingPeriodStartDate
billing_profile_id: BillingProfileId
billing_profile_name: BillingProfileName
charge_type: ChargeType
consumed_service: ConsumedService
cost_allocation_rule_name: CostAllocationRuleName
cost_center: CostCenter
cost: CostInBillingCurrency, Cost
cost_in_pricing_currency: CostInPricingCurrency
date: Date, UsageDate
effective_price: EffectivePrice
exchange_rate: ExchangeRatePricingToBilling, ExchangeRate
frequency: Frequency
invoice_id: InvoiceId
invoice_section_id: InvoiceSectionId
invoice_section_name: InvoiceSectionName, InvoiceSection
list_cost: PaygCostInBillingCurrency
list_price: PayGPrice
location: ResourceLocation, ResourceLocationNormalized, Location
meter_category: MeterCategory
meter_id: MeterId
meter_name: MeterName
meter_sub_category: MeterSubCategory
offer_id: OfferId
partner_name: PartnerName
plan_name: PlanName
pricing_currency: PricingCurrency, PricingCurrencyCode
pricing_model: PricingModel
product: Product, ProductName
product_id: ProductId
publisher_name: PublisherName
publisher_type: PublisherType
quantity: Quantity
reservation_id: ReservationId
reservation_name: ReservationName
resource_group: ResourceGroup, ResourceGroupName
resource_id: ResourceId, InstanceId, InstanceName
resource_name: ResourceName
service_family: ServiceFamily
subscription_id: SubscriptionId, SubscriptionGuid
subscription_name: SubscriptionName
tags: Tags
term: Term
unit_of_measure: UnitOfMeasure
unit_price: UnitPrice
"""
TITLES: Final = {
    meaning: tuple(title.strip() for title in titles.split(","))
    for meaning, _, titles in (line.partition(": ") for line in _TITLES.strip().splitlines())
}
"""What a column means to the titles it may have, the one that counts first."""
REQUIRED: Final = ("cost", "billing_currency", "billing_period_start", "charge_type", "date", "pricing_model")


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns there are: by meaning the name each goes by, and `others`, whose meaning is theirs alone."""

    names: dict[str, str]
    titles: dict[str, str]
    others: dict[str, str]
    derived: tuple[DerivedColumn, ...]

    def text(self, meaning: str) -> str:
        """Return a column as text, null when no file has it."""
        return quoted(self.names[meaning]) if meaning in self.names else "NULL::VARCHAR"

    def number(self, meaning: str) -> str:
        """Return a column as a number, null when no file has it."""
        return quoted(f"n_{self.names[meaning]}") if meaning in self.names else "NULL::DECIMAL(38,18)"

    def name(self, meaning: str) -> str | None:
        """Return the name a column goes by, None when no file has it."""
        return self.names.get(meaning)


def columns(raw: RawTables) -> Columns:
    """Return the columns of an export's files."""
    by_spelling: dict[str, list[RawColumn]] = defaultdict(list)
    for column in raw.columns:
        by_spelling[_spelling(column.title)].append(column)
    meant = {
        meaning: [column for title in titles for column in by_spelling.pop(_spelling(title), ())]
        for meaning, titles in TITLES.items()
    }
    merged = {meaning: _merged(meaning, found) for meaning, found in meant.items() if len(found) > 1}
    rest = {snake_case(found[0].title): found for found in by_spelling.values()}
    merged |= {name: _merged(name, found) for name, found in rest.items() if len(found) > 1}
    return Columns(
        names={
            meaning: merged[meaning].name if meaning in merged else found[0].name
            for meaning, found in meant.items()
            if found
        },
        titles={meaning: found[0].title for meaning, found in meant.items() if found},
        others={name: merged[name].name if name in merged else found[0].name for name, found in rest.items()},
        derived=tuple(merged.values()),
    )


def missing_columns(raw: RawTables) -> list[Finding]:
    """Return an error for each column that a file lacks and no charge can do without, or that it names twice."""
    findings = []
    for table in raw.tables:
        there = [_spelling(title) for title in table.titles]
        for meaning in REQUIRED:
            titles = TITLES[meaning]
            if not {_spelling(title) for title in titles} & set(there):
                message = (
                    f"{table.file.name} has no column {' or '.join(titles)}. Is it an export of actual or amortized"
                    " cost from Azure Cost Management?"
                )
                findings.append(_error("column_missing", message, file=table.file.name, column=titles[0]))
        for title in _doubled(table.titles):
            message = f"{table.file.name} names the column {title} twice, in different spellings. Deliver it again."
            findings.append(_error("column_twice", message, file=table.file.name, column=title))
    return findings


def _doubled(titles: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    doubled = []
    for title in titles:
        if _spelling(title) in seen:
            doubled.append(title)
        seen.add(_spelling(title))
    return doubled


def _error(code: str, message: str, *, file: str, column: str) -> Finding:
    return Finding(code=code, severity="error", file=file, row=0, column=column, message=message)


def _spelling(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower())


def _merged(meaning: str, found: Iterable[RawColumn]) -> DerivedColumn:
    several = list(found)
    names = ", ".join(quoted(column.name) for column in several)
    return DerivedColumn(name=f"merged_{meaning}", title=several[0].title, sql=f"coalesce({names})")

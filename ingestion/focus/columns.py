"""The Cost and Usage columns of FOCUS 1.4 as they are stored. Pure.

Source: FOCUS 1.4, Cost and Usage dataset, and the versions 1.0 to 1.3 before it (https://focus.finops.org).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["text", "decimal", "date_time", "json"]
SQL_TYPES: Final = {"text": "VARCHAR", "decimal": "DECIMAL(38,18)", "date_time": "TIMESTAMP", "json": "VARCHAR"}


@dataclass(frozen=True)
class Column:
    """A FOCUS column: its name in the specification, the stored name and the type."""

    title: str
    type: ColumnType

    @property
    def name(self) -> str:
        """The name in charges.parquet."""
        return snake_case(self.title)


def snake_case(title: str) -> str:
    """Return a provider's column title in lower case, words joined by underscores.

    >>> snake_case("lineItem/UnblendedCost"), snake_case("x_ServiceCode"), snake_case("savingsPlan/SavingsPlanARN")
    ('line_item_unblended_cost', 'x_service_code', 'savings_plan_savings_plan_arn')
    """
    words = re.sub(r"[^A-Za-z0-9]+", "_", title).strip("_")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", words)
    # Athena's spelling of the same titles takes every capital for a word.
    return words.lower().replace("_a_r_n", "_arn")


_TITLES: Final[dict[ColumnType, str]] = {
    "text": """
        AllocatedMethodId AllocatedResourceId AllocatedResourceName AvailabilityZone BillingAccountId BillingAccountName
        BillingAccountType BillingCurrency CapacityReservationId CapacityReservationStatus ChargeCategory ChargeClass
        ChargeDescription ChargeFrequency CommitmentDiscountCategory CommitmentDiscountId CommitmentDiscountName
        CommitmentDiscountStatus CommitmentDiscountType CommitmentDiscountUnit ConsumedUnit HostProviderName
        InvoiceDetailId InvoiceId InvoiceIssuerName PricingCategory PricingCurrency PricingUnit RegionId RegionName
        ResourceId ResourceName ResourceType ServiceCategory ServiceName ServiceProviderName ServiceSubcategory SkuId
        SkuMeter SkuPriceId SubAccountId SubAccountName SubAccountType
    """,
    "decimal": """
        BilledCost CommitmentDiscountQuantity ConsumedQuantity ContractedCost ContractedUnitPrice EffectiveCost ListCost
        ListUnitPrice PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice
        PricingQuantity
    """,
    "date_time": """
        BillingPeriodEnd BillingPeriodStart ChargePeriodEnd ChargePeriodStart
    """,
    "json": """
        AllocatedMethodDetails AllocatedTags CommitmentProgramEligibilityDetails ContractApplied SkuPriceDetails Tags
    """,
}

COLUMNS: Final = tuple(
    sorted(
        (Column(title, kind) for kind, titles in _TITLES.items() for title in titles.split()),
        key=lambda column: column.title,
    )
)
"""All 65, in the order of their titles."""

COSTS: Final = ("billed_cost", "effective_cost", "list_cost", "contracted_cost")
"""The cost columns that are summed wherever charges are summed."""

CHARGE_CATEGORIES: Final = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")

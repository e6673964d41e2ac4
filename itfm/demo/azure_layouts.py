"""How Azure exports actual and amortized cost under each kind of agreement: the columns, and where files lie. Pure.

Sources: https://learn.microsoft.com/azure/cost-management-billing/dataset-schema/cost-usage-details-ea, the same of
the Customer Agreement (cost-usage-details-mca), and
https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Export = Literal["ActualCost", "AmortizedCost"]

_ENTERPRISE: Final = (
    "BillingAccountId", "BillingAccountName", "BillingPeriodStartDate", "BillingPeriodEndDate", "BillingProfileId",
    "BillingProfileName", "AccountOwnerId", "AccountName", "SubscriptionId", "SubscriptionName", "Date", "Product",
    "PartNumber", "MeterId", "ServiceFamily", "MeterCategory", "MeterSubCategory", "MeterRegion", "MeterName",
    "Quantity", "EffectivePrice", "Cost", "UnitPrice", "BillingCurrency", "ResourceLocation", "AvailabilityZone",
    "ConsumedService", "ResourceId", "ResourceName", "ServiceInfo1", "ServiceInfo2", "AdditionalInfo", "Tags",
    "InvoiceSectionId", "InvoiceSection", "CostCenter", "UnitOfMeasure", "ResourceGroup", "ReservationId",
    "ReservationName", "ProductOrderId", "ProductOrderName", "OfferId", "IsAzureCreditEligible", "Term",
    "PublisherName", "PlanName", "ChargeType", "Frequency", "PublisherType", "PayGPrice", "PricingModel",
    "CostAllocationRuleName", "benefitId", "benefitName",
)  # fmt: skip

_CUSTOMER: Final = """
invoiceId: InvoiceId
previousInvoiceId:
billingAccountId: BillingAccountId
billingAccountName: BillingAccountName
billingProfileId: BillingProfileId
billingProfileName: BillingProfileName
invoiceSectionId: InvoiceSectionId
invoiceSectionName: InvoiceSection
resellerName:
resellerMpnId:
costCenter: CostCenter
billingPeriodEndDate: BillingPeriodEndDate
billingPeriodStartDate: BillingPeriodStartDate
servicePeriodEndDate: BillingPeriodEndDate
servicePeriodStartDate: BillingPeriodStartDate
date: Date
serviceFamily: ServiceFamily
productOrderId: ProductOrderId
productOrderName: ProductOrderName
consumedService: ConsumedService
meterId: MeterId
meterName: MeterName
meterCategory: MeterCategory
meterSubCategory: MeterSubCategory
meterRegion: MeterRegion
ProductId: PartNumber
ProductName: Product
SubscriptionId: SubscriptionId
subscriptionName: SubscriptionName
publisherType: PublisherType
publisherId:
publisherName: PublisherName
resourceGroupName: ResourceGroup
ResourceId: ResourceId
resourceLocation: ResourceLocation
location: ResourceLocation
effectivePrice: EffectivePrice
quantity: Quantity
unitOfMeasure: UnitOfMeasure
chargeType: ChargeType
billingCurrency: BillingCurrency
pricingCurrency: PricingCurrency
costInBillingCurrency: CostInBillingCurrency
costInPricingCurrency: Cost
costInUsd: Cost
paygCostInBillingCurrency: PaygCostInBillingCurrency
paygCostInUsd: PaygCost
exchangeRatePricingToBilling: ExchangeRate
exchangeRateDate: BillingPeriodStartDate
isAzureCreditEligible: IsAzureCreditEligible
serviceInfo1:
serviceInfo2:
additionalInfo:
tags: TagObject
PayGPrice: PayGPrice
frequency: Frequency
term: Term
reservationId: ReservationId
reservationName: ReservationName
pricingModel: PricingModel
unitPrice: UnitPrice
costAllocationRuleName:
benefitId: benefitId
benefitName: benefitName
provider: Provider
"""
"""Each title with the value it holds; empty where it holds none."""


@dataclass(frozen=True)
class Layout:
    """What is exported under one kind of agreement: each title with the value it holds, and the names of the exports.

    With manifests each run has a folder of its own and its files are parts; without, they are named for the export.
    """

    columns: Sequence[tuple[str, str]]
    names: Mapping[Export, str]
    has_manifests: bool
    is_rounded: bool
    """Whether a row rounds the invoice to whole cents."""

    @property
    def titles(self) -> list[str]:
        """Return the first line."""
        return [title for title, _ in self.columns]

    @property
    def values(self) -> list[str]:
        """Return what each column holds."""
        return [value for _, value in self.columns]


ENTERPRISE: Final = Layout(
    columns=tuple((name, name) for name in _ENTERPRISE),
    names={"ActualCost": "meridian-ea-actual", "AmortizedCost": "meridian-ea-amortized"},
    has_manifests=True,
    is_rounded=False,
)
_PAIRS: Final = (line.partition(":") for line in _CUSTOMER.strip().splitlines())
CUSTOMER: Final = Layout(
    columns=tuple((title, value.strip()) for title, _, value in _PAIRS),
    names={"ActualCost": "stores-actual-cost", "AmortizedCost": "stores-amortized-cost"},
    has_manifests=False,
    is_rounded=True,
)

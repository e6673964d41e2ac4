"""The words of Azure's exports of actual and amortized cost: what each resource and each other row writes. Pure.

Columns are those of an Enterprise Agreement, as Azure exports them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal
from uuid import UUID, uuid5

from itfm.demo.azure_catalog import REGIONS
from itfm.demo.commitments import Commitment
from itfm.demo.cur import canonical, plain
from itfm.demo.fees import UNIT
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

Export = Literal["ActualCost", "AmortizedCost"]
ISSUER: Final = "Microsoft"
CONTRACTED_PERCENT: Final = 90
"""The company pays 10 % under list; prices are chosen so that this is exact."""

VARYING: Final = ("Date", "Quantity", "Cost")
"""The columns that change from row to row of one resource."""

COLUMNS: Final = (
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

PRODUCTION: Final = "production"
OTHER: Final = "non-production"
_NAMESPACE: Final = UUID("00000000-0000-4000-8000-00000000de30")
_MODELS: Final = {"reservation": "Reservation", "plan": "SavingsPlan"}
_SERVICES: Final = {"reservation": "Microsoft.Capacity", "plan": "Microsoft.BillingBenefits"}
_ORDERS: Final = {
    "reservation": "/providers/Microsoft.Capacity/reservationOrders/{order}/reservations/{benefit}",
    "plan": "/providers/Microsoft.BillingBenefits/savingsPlanOrders/{order}/savingsPlans/{benefit}",
}
_PROVIDERS: Final = "/subscriptions/{}/resourceGroups/rg-shared/providers"
_PRODUCTS: Final = {"reservation": "Reserved vCore, SQL Database, 1 Year", "plan": "Compute savings plan, 1 Year"}


@dataclass(frozen=True)
class Agreement:
    """Who is billed: the account and its name, and the names of its subscriptions, the first of which buys."""

    account: str
    name: str
    currency: str
    subscriptions: Mapping[str, str]


def subscription(department: str, environment: str) -> str:
    """Return the id of a department's subscription for an environment."""
    return made_up_id(f"subscription {department} {environment}")


def subscriptions(departments: Iterable[str]) -> dict[str, str]:
    """Return the names of the departments' subscriptions by their ids."""
    return {subscription(name, kind): f"{name} {kind}" for name in departments for kind in (PRODUCTION, OTHER)}


def enrollment_invoice(period: date) -> str:
    """Return the number of an Enterprise Agreement's invoice for a month, which its exports do not tell."""
    return f"E0DEMO{period:%y%m}"


def made_up_id(name: str) -> str:
    """Return an id such as Azure gives to everything, the same for the same name."""
    return str(uuid5(_NAMESPACE, name))


def dated(day: date) -> str:
    """Return a day as Azure writes it in CSV."""
    return f"{day:%m/%d/%Y}"


def resource_values(resource: Resource, agreement: Agreement, month: Month, *, export: Export) -> dict[str, str]:
    """Return the columns that all rows of a resource share."""
    meter = resource.meter
    price = plain(meter.price * CONTRACTED_PERCENT // 100, meter.price_digits)
    group, *_, name = resource.name.split("/")[4:]
    return {
        **_bill(agreement, month, resource.account),
        "Product": f"{meter.service} {meter.operation} - {meter.usage_type} - {REGIONS[resource.region]}",
        "PartNumber": f"DEMO-{sum(map(ord, meter.usage_type)):05d}",
        "MeterId": made_up_id(f"meter {meter.usage_type} {resource.region}"),
        "ServiceFamily": meter.family,
        "MeterCategory": meter.service,
        "MeterSubCategory": meter.operation,
        "MeterRegion": REGIONS[resource.region],
        "MeterName": meter.usage_type,
        "EffectivePrice": price,
        "UnitPrice": price,
        "ResourceLocation": resource.region,
        "ConsumedService": meter.code,
        "ResourceId": resource.name,
        "ResourceName": name,
        # Azure leaves the braces around the pairs away.
        "Tags": canonical(dict(resource.tags))[1:-1],
        "UnitOfMeasure": meter.unit,
        "ResourceGroup": group,
        "OfferId": "MS-AZR-0017P",
        "IsAzureCreditEligible": "True",
        "ChargeType": "Usage",
        "Frequency": "UsageBased",
        "PublisherType": "Azure",
        "PayGPrice": plain(meter.price, meter.price_digits),
        "PricingModel": "OnDemand",
        **(_covered(resource, agreement, export) if meter.commitment else {}),
    }


def _covered(resource: Resource, agreement: Agreement, export: Export) -> dict[str, str]:
    """Return what use under a commitment says otherwise; under a reservation Azure tells no list price."""
    meter = resource.meter
    effective = plain(meter.commitment_price, meter.price_digits) if export == "AmortizedCost" else "0"
    unknown = {"PayGPrice": "0"} if meter.commitment == "reservation" else {}
    return {"EffectivePrice": effective, **unknown, **_benefit(meter.commitment, agreement)}


def purchase_values(commitment: Commitment, agreement: Agreement, month: Month) -> dict[str, str]:
    """Return the row of actual cost with which a commitment is bought, month by month."""
    return {
        **_of_commitment(commitment, agreement, month, cost=commitment.cost),
        "Date": dated(month.first_day),
        "ChargeType": "Purchase",
        "Frequency": "Recurring",
    }


def unused_values(commitment: Commitment, agreement: Agreement, month: Month) -> list[dict[str, str]]:
    """Return the rows of amortized cost with what nobody used of a commitment, one a day."""
    return [
        {
            **_of_commitment(commitment, agreement, month, cost=unused),
            "Date": dated(month.first_day + timedelta(days=day)),
            "ChargeType": f"Unused{_MODELS[commitment.kind]}",
            "Frequency": "UsageBased",
        }
        for day, unused in enumerate(commitment.unused)
    ]


def other_values(agreement: Agreement, month: Month, *, billed: int) -> list[tuple[int, dict[str, str]]]:
    """Return the rows that both exports have besides use, with their costs: a purchase of the marketplace, a refund."""
    cent = UNIT // 100
    bought, refunded = 480 * UNIT, -(billed // 110 // cent * cent)
    buyer = next(iter(agreement.subscriptions))
    shared = {**_bill(agreement, month, buyer), "Quantity": "1", "UnitOfMeasure": "1"}
    marketplace = {
        **shared, **_priced(bought), "Date": dated(month.first_day), "Product": "Sample Scanner (demo), monthly",
        "ServiceFamily": "SaaS", "MeterCategory": "SaaS", "ConsumedService": "Microsoft.SaaS",
        "ResourceId": "/providers/Microsoft.SaaS/saasresources/sample-scanner", "ResourceName": "sample-scanner",
        "ChargeType": "Purchase", "Frequency": "Recurring", "PublisherType": "Marketplace",
        "PublisherName": "Sample Software (demo)", "PlanName": "Team", "PricingModel": "OnDemand",
    }  # fmt: skip
    refund = {
        **shared, **_priced(refunded), "Date": dated(month.first_day + timedelta(days=8)),
        "Product": "Service credit for an outage", "ServiceFamily": "Compute", "MeterCategory": "Virtual Machines",
        "ConsumedService": "Microsoft.Compute", "ResourceName": "vm-refunded",
        "ResourceId": _PROVIDERS.format(buyer) + "/Microsoft.Compute/virtualMachines/vm-refunded",
        "ChargeType": "Refund", "Frequency": "OneTime", "PublisherType": "Azure", "PricingModel": "OnDemand",
    }  # fmt: skip
    return [(bought, marketplace), (refunded, refund)]


def count(month: Month) -> int:
    """Return how many charges a month has besides use: purchases, unused days, and what both exports have."""
    return len(_MODELS) * (1 + month.days) + 2


def _of_commitment(commitment: Commitment, agreement: Agreement, month: Month, *, cost: int) -> dict[str, str]:
    kind = commitment.kind
    benefit = _benefit(kind, agreement)
    return {
        **_bill(agreement, month, next(iter(agreement.subscriptions))),
        **benefit,
        **_priced(cost),
        "Quantity": "1",
        "UnitOfMeasure": "1 Hour",
        "Product": _PRODUCTS[kind],
        "ServiceFamily": "Compute" if kind == "plan" else "Databases",
        "MeterCategory": "Virtual Machines" if kind == "plan" else "SQL Database",
        "ConsumedService": _SERVICES[kind],
        "ResourceId": benefit["benefitId"],
        "PublisherType": "Azure",
        "PayGPrice": "0",
    }


def _benefit(kind: str, agreement: Agreement) -> dict[str, str]:
    order, benefit = (made_up_id(f"{what} of {kind} {agreement.account}") for what in ("order", "benefit"))
    name = f"Demo_{_MODELS[kind]}"
    reservation = {"ReservationId": benefit, "ReservationName": name} if kind == "reservation" else {}
    return {
        **reservation,
        "ProductOrderId": order,
        "ProductOrderName": _PRODUCTS[kind],
        "Term": "12",
        "PricingModel": _MODELS[kind],
        "benefitId": _ORDERS[kind].format(order=order, benefit=benefit),
        "benefitName": name,
    }


def _priced(cost: int) -> dict[str, str]:
    return dict.fromkeys(("EffectivePrice", "UnitPrice", "Cost"), plain(cost))


def _bill(agreement: Agreement, month: Month, subscription: str) -> dict[str, str]:
    return {
        "BillingAccountId": agreement.account,
        "BillingAccountName": agreement.name,
        "BillingPeriodStartDate": dated(month.first_day),
        "BillingPeriodEndDate": dated(month.first_day + timedelta(days=month.days - 1)),
        "BillingProfileId": agreement.account,
        "BillingProfileName": agreement.name,
        "AccountOwnerId": "cloud@meridian.example",
        "AccountName": "Cloud team",
        "SubscriptionId": subscription,
        "SubscriptionName": agreement.subscriptions[subscription],
        "BillingCurrency": agreement.currency,
        "InvoiceSection": "Cloud team",
    }

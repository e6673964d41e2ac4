"""The words of Azure's exports of actual and amortized cost: what each resource and each other row writes. Pure.

Columns are those of an Enterprise Agreement; what only a Customer Agreement tells is under a name of its own. Prices
and `Cost` are in the currency of prices, which under an Enterprise Agreement is also the one that is billed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from itfm.demo import azure_layouts, organization
from itfm.demo.azure_catalog import REGIONS
from itfm.demo.azure_ids import made_up_id, subscriptions
from itfm.demo.azure_layouts import Export, Layout
from itfm.demo.commitments import Commitment
from itfm.demo.cur import canonical, plain
from itfm.demo.fees import UNIT
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

ISSUER: Final = "Microsoft"
CONTRACTED_PERCENT: Final = 90
"""The company pays 10 % under list; prices are chosen so that this is exact."""

VARYING: Final = (
    "Date", "Quantity", "Cost", "CostInBillingCurrency", "PaygCost", "PaygCostInBillingCurrency",
)  # fmt: skip
"""The columns that change from row to row of one resource."""

CUSTOMER_ACCOUNT: Final = f"{made_up_id('customer agreement')}:{made_up_id('organization')}_2019-05-31"
"""The billing account of the Customer Agreement, of which profiles are invoiced."""
CENT: Final = UNIT // 100
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
    """Who is billed, for what, and how that is exported. The first of the subscriptions, names by id, buys.

    `rate_percent` is what 100 units of the currency of prices come to in the one that is billed.
    """

    account: str
    name: str
    profile: str
    profile_name: str
    pricing_currency: str
    currency: str
    rate_percent: int
    subscriptions: Mapping[str, str]
    invoice_number: Callable[[date], str]
    layout: Layout

    def billed(self, cost: int) -> int:
        """Return a cost in the currency that is billed."""
        return cost * self.rate_percent // 100


def enterprise(departments: Sequence[str]) -> Agreement:
    """Return the Enterprise Agreement for the subscriptions of departments; its exports tell no invoice."""
    account, name = organization.AZURE_ENROLLMENT
    return Agreement(
        account=account,
        name=name,
        profile=account,
        profile_name=name,
        pricing_currency="USD",
        currency="USD",
        rate_percent=100,
        subscriptions=subscriptions(departments),
        invoice_number=lambda period: f"E0DEMO{period:%y%m}",
        layout=azure_layouts.ENTERPRISE,
    )


def customer(departments: Sequence[str]) -> Agreement:
    """Return the Customer Agreement for the subscriptions of departments: prices in dollars, billed in euros."""
    profile, profile_name = organization.AZURE_PROFILE
    return Agreement(
        account=CUSTOMER_ACCOUNT,
        name=organization.NAME,
        profile=profile,
        profile_name=profile_name,
        pricing_currency="USD",
        currency="EUR",
        rate_percent=90,
        subscriptions=subscriptions(departments),
        invoice_number=lambda period: f"G0DEMO{period:%y%m}",
        layout=azure_layouts.CUSTOMER,
    )


def dated(day: date) -> str:
    """Return a day as Azure writes it in CSV."""
    return f"{day:%m/%d/%Y}"


def resource_values(resource: Resource, agreement: Agreement, month: Month, *, export: Export) -> dict[str, str]:
    """Return the columns that all rows of a resource share."""
    meter = resource.meter
    price = plain(meter.price * CONTRACTED_PERCENT // 100, meter.price_digits)
    group, *_, name = resource.name.split("/")[4:]
    tags = canonical(dict(resource.tags))
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
        # An Enterprise Agreement's exports leave the braces around the pairs away.
        "Tags": tags[1:-1],
        "TagObject": tags if resource.tags else "",
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


def other_values(agreement: Agreement, month: Month, *, used: int) -> list[tuple[int, dict[str, str]]]:
    """Return the rows that both exports have besides use, with what they bill: of the marketplace, and a refund.

    :param used: what use costs in the currency of prices.
    """
    bought, refunded = 480 * UNIT, -(used // 110 // CENT * CENT)
    buyer = next(iter(agreement.subscriptions))
    shared = {**_bill(agreement, month, buyer), "Quantity": "1", "UnitOfMeasure": "1"}
    marketplace = {
        **shared, **_priced(bought, agreement), "Date": dated(month.first_day), "ServiceFamily": "SaaS",
        "Product": "Sample Scanner (demo), monthly", "MeterCategory": "SaaS", "ConsumedService": "Microsoft.SaaS",
        "ResourceId": "/providers/Microsoft.SaaS/saasresources/sample-scanner", "ResourceName": "sample-scanner",
        "ChargeType": "Purchase", "Frequency": "Recurring", "PublisherType": "Marketplace",
        "PublisherName": "Sample Software (demo)", "PlanName": "Team", "PricingModel": "OnDemand",
    }  # fmt: skip
    refund = {
        **shared, **_priced(refunded, agreement), "Date": dated(month.first_day + timedelta(days=8)),
        "Product": "Service credit for an outage", "ServiceFamily": "Compute", "MeterCategory": "Virtual Machines",
        "ConsumedService": "Microsoft.Compute", "ResourceName": "vm-refunded",
        "ResourceId": _PROVIDERS.format(buyer) + "/Microsoft.Compute/virtualMachines/vm-refunded",
        "ChargeType": "Refund", "Frequency": "OneTime", "PublisherType": "Azure", "PricingModel": "OnDemand",
    }  # fmt: skip
    return [(agreement.billed(bought), marketplace), (agreement.billed(refunded), refund)]


def rounding_values(agreement: Agreement, month: Month, *, billed: int) -> tuple[int, dict[str, str]]:
    """Return the row that rounds an invoice up to whole cents, with what it bills; it has no price to convert."""
    cost = -billed % CENT
    own = replace(agreement, pricing_currency=agreement.currency, rate_percent=100)
    row = {
        **_bill(own, month, next(iter(agreement.subscriptions))), **_priced(cost, own),
        "Date": dated(month.first_day + timedelta(days=month.days - 1)), "Quantity": "1", "UnitOfMeasure": "1",
        "Product": "Rounding", "ChargeType": "RoundingAdjustment", "Frequency": "OneTime",
        "PublisherType": "Azure", "PricingModel": "OnDemand",
    }  # fmt: skip
    return cost, row


def count(agreement: Agreement, month: Month) -> int:
    """Return how many charges a month has besides use: purchases, unused days, and what both exports have."""
    return len(_MODELS) * (1 + month.days) + 2 + agreement.layout.is_rounded


def _of_commitment(commitment: Commitment, agreement: Agreement, month: Month, *, cost: int) -> dict[str, str]:
    kind = commitment.kind
    benefit = _benefit(kind, agreement)
    return {
        **_bill(agreement, month, next(iter(agreement.subscriptions))),
        **benefit,
        **_priced(cost, agreement),
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


def _priced(cost: int, agreement: Agreement) -> dict[str, str]:
    """Return a cost, which is also the price of its one unit."""
    return {
        **dict.fromkeys(("EffectivePrice", "UnitPrice", "Cost"), plain(cost)),
        "CostInBillingCurrency": plain(agreement.billed(cost)),
        "PaygCost": "0",
        "PaygCostInBillingCurrency": "0",
    }


def _bill(agreement: Agreement, month: Month, subscription: str) -> dict[str, str]:
    return {
        "BillingAccountId": agreement.account,
        "BillingAccountName": agreement.name,
        "BillingPeriodStartDate": dated(month.first_day),
        "BillingPeriodEndDate": dated(month.first_day + timedelta(days=month.days - 1)),
        "BillingProfileId": agreement.profile,
        "BillingProfileName": agreement.profile_name,
        "AccountOwnerId": "cloud@meridian.example",
        "AccountName": "Cloud team",
        "SubscriptionId": subscription,
        "SubscriptionName": agreement.subscriptions[subscription],
        "BillingCurrency": agreement.currency,
        "PricingCurrency": agreement.pricing_currency,
        "ExchangeRate": plain(agreement.rate_percent, 2),
        "InvoiceId": agreement.invoice_number(month.first_day),
        "InvoiceSection": "Cloud team",
        "Provider": "Azure",
    }

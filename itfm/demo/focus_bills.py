"""The words of FOCUS 1.2 exports of clouds with commitments: what each resource and each other charge writes. Pure.

Source: FOCUS 1.2, Cost and Usage. What a commitment covers is billed with it: 0 in the charge, all where it is bought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from itfm.core.periods import next_period
from itfm.demo.commitments import Commitment
from itfm.demo.cur import canonical, moment, plain
from itfm.demo.focus_columns import Other
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

VARYING: Final = (
    "BilledCost", "ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ContractedCost", "EffectiveCost",
    "ListCost", "PricingCurrencyEffectiveCost", "PricingQuantity",
)  # fmt: skip
"""The columns that change from use to use of one resource."""

COLUMNS: Final = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory",
    "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId",
    "SubAccountName", "SubAccountType", "Tags",
)  # fmt: skip
"""All of FOCUS 1.2; providers add their own, which begin with x_."""


@dataclass(frozen=True)
class Service:
    """A service as FOCUS names it."""

    name: str
    category: str
    subcategory: str


@dataclass(frozen=True)
class Bought:
    """A commitment as FOCUS names it, and the service that it is bought from."""

    category: str
    type: str
    id: str
    name: str
    service: Service


@dataclass(frozen=True)
class Biller:
    """Who bills, whom, for what; the names of sub accounts and regions by id, and of services by what meters call them.

    `sub_account_form` makes the id that is told of a sub account's. The company pays `contracted_percent` of list
    prices. `own_columns` are the provider's, which `of_resource` and `of_service` fill for a resource's charges and for
    those that no resource makes.
    """

    provider: str
    publisher: str
    issuer: str
    account: str
    account_name: str
    account_type: str
    sub_accounts: Mapping[str, str]
    sub_account_type: str
    sub_account_form: str
    currency: str
    invoice_number: Callable[[date], str]
    regions: Mapping[str, str]
    services: Mapping[str, Service]
    bought: Mapping[str, Bought]
    contracted_percent: int
    own_columns: Sequence[str]
    of_resource: Callable[[Resource], dict[str, str]]
    of_service: Callable[[str], dict[str, str]]

    @property
    def columns(self) -> list[str]:
        """Return all columns of the export."""
        return [*COLUMNS, *self.own_columns]


def resource_values(resource: Resource, biller: Biller, month: Month) -> dict[str, str]:
    """Return the columns that all charges of a resource share."""
    meter = resource.meter
    listed = plain(meter.price, meter.price_digits)
    contracted = plain(meter.price * biller.contracted_percent // 100, meter.price_digits)
    bought = biller.bought.get(meter.commitment)
    return {
        **_bill(biller, month),
        **_of(biller.services[meter.service]),
        **biller.of_resource(resource),
        **({**_named(bought), "CommitmentDiscountStatus": "Used"} if bought else {}),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{meter.service} {meter.usage_type}",
        "ChargeFrequency": "Usage-Based",
        "ConsumedUnit": meter.unit,
        "ContractedUnitPrice": contracted,
        "ListUnitPrice": listed,
        "PricingCategory": "Committed" if bought else "Standard",
        "PricingCurrencyContractedUnitPrice": contracted,
        "PricingCurrencyListUnitPrice": listed,
        "PricingUnit": meter.unit,
        "RegionId": resource.region,
        "RegionName": biller.regions[resource.region],
        "ResourceId": resource.name,
        "SkuId": f"DEMO{sum(map(ord, meter.usage_type)):06d}",
        "SkuMeter": meter.usage_type,
        "SkuPriceId": f"DEMO{sum(map(ord, meter.usage_type)):06d}.{resource.region}",
        **_account(biller, resource.account),
        "Tags": canonical(dict(resource.tags)) if resource.tags else "",
    }


def purchase_values(commitment: Commitment, biller: Biller, month: Month) -> dict[str, str]:
    """Return the charge with which a commitment is bought for a month."""
    bought = biller.bought[commitment.kind]
    return {
        **_whole_month(biller, month, bought.service),
        **_named(bought),
        **_costs(commitment.cost),
        "EffectiveCost": "0",
        "PricingCurrencyEffectiveCost": "0",
        "ChargeCategory": "Purchase",
        "ChargeDescription": bought.name,
        "ChargeFrequency": "Recurring",
        "ContractedUnitPrice": plain(commitment.cost),
        "ListUnitPrice": plain(commitment.cost),
        "PricingCategory": "Standard",
        "PricingQuantity": "1",
        "PricingUnit": "Months",
        "SkuId": f"DEMO-{commitment.kind.upper()}",
        "SkuPriceId": f"DEMO-{commitment.kind.upper()}.1",
    }


def unused_values(commitment: Commitment, biller: Biller, month: Month) -> list[dict[str, str]]:
    """Return the charges with what nobody used of a commitment, one a day."""
    bought = biller.bought[commitment.kind]
    return [
        {
            **_whole_month(biller, month, bought.service),
            **_named(bought),
            **_costs(0),
            "EffectiveCost": plain(unused),
            "PricingCurrencyEffectiveCost": plain(unused),
            "ChargeCategory": "Usage",
            "ChargeDescription": f"{bought.name}, unused",
            "ChargeFrequency": "Usage-Based",
            "ChargePeriodEnd": moment(month.first_day, 24 * (day + 1)),
            "ChargePeriodStart": moment(month.first_day, 24 * day),
            "CommitmentDiscountStatus": "Unused",
            "PricingCategory": "Committed",
        }
        for day, unused in enumerate(commitment.unused)
    ]


def other_values(other: Other, biller: Biller, month: Month) -> dict[str, str]:
    """Return one charge that neither use nor a commitment makes; it covers the whole month."""
    service = Service(other.service, other.service_category, f"Other ({other.service_category})")
    one = {"PricingCategory": "Standard", "PricingQuantity": "1", "PricingUnit": "Months"}
    return {
        **_whole_month(biller, month, service),
        **_costs(other.cost),
        **(one if other.category == "Purchase" else {}),
        "ChargeCategory": other.category,
        "ChargeClass": "Correction" if other.is_correction else "",
        "ChargeDescription": other.description,
        "ChargeFrequency": other.frequency,
    }


def _whole_month(biller: Biller, month: Month, service: Service) -> dict[str, str]:
    return {
        **_bill(biller, month),
        **_of(service),
        **biller.of_service(service.name),
        **_account(biller, next(iter(biller.sub_accounts))),
        "ChargePeriodEnd": moment(next_period(month.first_day)),
        "ChargePeriodStart": moment(month.first_day),
    }


def _costs(cost: int) -> dict[str, str]:
    names = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingCurrencyEffectiveCost")
    return dict.fromkeys(names, plain(cost))


def _named(bought: Bought) -> dict[str, str]:
    return {
        "CommitmentDiscountCategory": bought.category,
        "CommitmentDiscountId": bought.id,
        "CommitmentDiscountName": bought.name,
        "CommitmentDiscountType": bought.type,
    }


def _of(service: Service) -> dict[str, str]:
    return {
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
    }


def _account(biller: Biller, account: str) -> dict[str, str]:
    return {
        "SubAccountId": biller.sub_account_form.format(account),
        "SubAccountName": biller.sub_accounts[account],
        "SubAccountType": biller.sub_account_type,
    }


def _bill(biller: Biller, month: Month) -> dict[str, str]:
    return {
        "BillingAccountId": biller.account,
        "BillingAccountName": biller.account_name,
        "BillingAccountType": biller.account_type,
        "BillingCurrency": biller.currency,
        "BillingPeriodEnd": moment(next_period(month.first_day)),
        "BillingPeriodStart": moment(month.first_day),
        "InvoiceId": biller.invoice_number(month.first_day),
        "InvoiceIssuerName": biller.issuer,
        "PricingCurrency": biller.currency,
        "ProviderName": biller.provider,
        "PublisherName": biller.publisher,
    }

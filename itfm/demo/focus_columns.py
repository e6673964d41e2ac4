"""The words of the FOCUS 1.2 bill: its columns, and what each resource and each other charge writes there. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa

from itfm.demo import organization
from itfm.demo.catalog import COST_DIGITS, FOCUS_PROVIDER, FOCUS_REGIONS, QUANTITY_DIGITS
from itfm.demo.cur import canonical
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

CURRENCY: Final = "EUR"
CONTRACTED_PERCENT: Final = 92
"""The company pays 8 % under list; prices are chosen so that this is exact."""

_COST: Final = pa.decimal128(18, COST_DIGITS)
_QUANTITY: Final = pa.decimal128(18, QUANTITY_DIGITS)
_MOMENT: Final = pa.timestamp("us", tz="UTC")

VARYING: Final = {
    "BilledCost": _COST, "ChargePeriodEnd": _MOMENT, "ChargePeriodStart": _MOMENT, "ConsumedQuantity": _QUANTITY,
    "ContractedCost": _COST, "EffectiveCost": _COST, "ListCost": _COST, "PricingQuantity": _QUANTITY,
}  # fmt: skip
"""The columns that change from use to use of one resource."""

_PRICES: Final = ("ContractedUnitPrice", "ListUnitPrice")
_MOMENTS: Final = ("BillingPeriodEnd", "BillingPeriodStart")
_NAMES: Final = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency",
    "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory", "CommitmentDiscountId",
    "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceId", "SubAccountId", "SubAccountName",
    "SubAccountType", "Tags",
)  # fmt: skip

_SUBCATEGORIES: Final = {
    "Compute": "Virtual Machines", "Storage": "Object Storage", "Databases": "Relational Databases",
    "Networking": "Content Delivery", "Integration": "Messaging", "AI and Machine Learning": "Generative AI",
}  # fmt: skip


def _type(name: str) -> pa.DataType:
    if name in _PRICES:
        return _COST
    return _MOMENT if name in _MOMENTS else VARYING.get(name, pa.string())


SCHEMA: Final = pa.schema([(name, _type(name)) for name in _NAMES])


@dataclass(frozen=True)
class Other:
    """A charge that no resource makes. `cost` is in 10^-12 currency units; a correction is of the month before."""

    category: str
    description: str
    cost: int
    service: str
    service_category: str
    frequency: str = "One-Time"
    is_correction: bool = False


def resource_values(resource: Resource, month: Month) -> dict[str, Any]:
    """Return the columns that all charges of a resource share."""
    meter = resource.meter
    contracted = meter.price * CONTRACTED_PERCENT // 100
    tags = dict(resource.tags)
    return {
        **_bill(month),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{meter.service}: {meter.usage_type} in {FOCUS_REGIONS[resource.region]}",
        "ChargeFrequency": "Usage-Based",
        "ConsumedUnit": meter.unit,
        "ContractedUnitPrice": Decimal(contracted).scaleb(-meter.price_digits),
        "ListUnitPrice": Decimal(meter.price).scaleb(-meter.price_digits),
        "PricingCategory": "Standard",
        "PricingUnit": meter.unit,
        "RegionId": resource.region,
        "RegionName": FOCUS_REGIONS[resource.region],
        "ResourceId": resource.name,
        "ResourceName": resource.name.rpartition(":")[2],
        "ResourceType": meter.operation,
        "ServiceCategory": meter.family,
        "ServiceName": meter.service,
        "ServiceSubcategory": _SUBCATEGORIES[meter.family],
        "SkuId": meter.code,
        "SkuMeter": meter.usage_type,
        "SkuPriceId": f"{meter.code}-{resource.region}",
        "SubAccountId": resource.account,
        "SubAccountName": resource.account.removeprefix("nw-"),
        "SubAccountType": "Project",
        "Tags": canonical(tags) if tags else None,
    }


def other_values(other: Other, month: Month) -> dict[str, Any]:
    """Return the columns of one other charge; it covers the whole month."""
    cost = Decimal(other.cost).scaleb(-COST_DIGITS)
    one = Decimal(1) if other.category == "Purchase" else None
    return {
        **_bill(month),
        "BilledCost": cost,
        "ChargeCategory": other.category,
        "ChargeClass": "Correction" if other.is_correction else None,
        "ChargeDescription": other.description,
        "ChargeFrequency": other.frequency,
        "ChargePeriodEnd": moment(month, 24 * month.days),
        "ChargePeriodStart": moment(month, 0),
        "ContractedCost": cost,
        "ContractedUnitPrice": cost if one else None,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ListUnitPrice": cost if one else None,
        "PricingCategory": "Standard" if one else None,
        "PricingQuantity": one,
        "PricingUnit": "Months" if one else None,
        "ServiceCategory": other.service_category,
        "ServiceName": other.service,
        "ServiceSubcategory": f"Other ({other.service_category})",
        "SkuId": "NW-SUPPORT" if one else None,
        "SkuPriceId": "NW-SUPPORT-1" if one else None,
    }


def moment(month: Month, hour: int) -> datetime:
    """Return the moment so many hours after the month began."""
    first = month.first_day
    return datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(hours=hour)


def invoice_number(period: date) -> str:
    """Return the number of the invoice for a month."""
    return f"NW-DEMO-{period:%Y-%m}"


def _bill(month: Month) -> dict[str, Any]:
    return {
        "BillingAccountId": "nw-meridian-demo",
        "BillingAccountName": organization.NAME,
        "BillingAccountType": "Contract",
        "BillingCurrency": CURRENCY,
        "BillingPeriodEnd": moment(month, 24 * month.days),
        "BillingPeriodStart": moment(month, 0),
        "InvoiceId": invoice_number(month.first_day),
        "InvoiceIssuerName": FOCUS_PROVIDER,
        "PricingCurrency": CURRENCY,
        "ProviderName": FOCUS_PROVIDER,
        "PublisherName": FOCUS_PROVIDER,
    }

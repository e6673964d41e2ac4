"""The words of an AWS Cost and Usage Report: what each template and each fee writes in which column. Pure.

Columns are those of CUR 2.0; `legacy_column` gives the name a legacy report has for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from itfm.core.periods import next_period
from itfm.demo import usage
from itfm.demo.catalog import COST_DIGITS
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

CURRENCY: Final = "USD"
SELLER: Final = "Amazon Web Services EMEA SARL"
PLAN_ARN: Final = "arn:aws:savingsplans::{payer}:savingsplan/5e1f0c3a-demo-4b7e-9d21-0a6b7c8d9e0f"
RESERVATION_ARN: Final = "arn:aws:rds:{region}:{payer}:ri:meridian-demo-{region}"

VARYING: Final = (
    "identity_line_item_id", "identity_time_interval", "line_item_usage_start_date", "line_item_usage_end_date",
    "line_item_usage_amount", "line_item_unblended_cost", "pricing_public_on_demand_cost",
    "savings_plan_savings_plan_effective_cost", "reservation_effective_cost", "reservation_recurring_fee_for_usage",
)  # fmt: skip
"""The columns that change from line to line of one template."""

COLUMNS: Final = (
    "bill_bill_type", "bill_billing_entity", "bill_billing_period_end_date", "bill_billing_period_start_date",
    "bill_invoice_id", "bill_invoicing_entity", "bill_payer_account_id", "bill_payer_account_name",
    "identity_line_item_id", "identity_time_interval",
    "line_item_availability_zone", "line_item_currency_code", "line_item_legal_entity",
    "line_item_line_item_description", "line_item_line_item_type", "line_item_operation", "line_item_product_code",
    "line_item_resource_id", "line_item_tax_type", "line_item_unblended_cost", "line_item_unblended_rate",
    "line_item_usage_account_id", "line_item_usage_account_name", "line_item_usage_amount", "line_item_usage_end_date",
    "line_item_usage_start_date", "line_item_usage_type",
    "pricing_currency", "pricing_lease_contract_length", "pricing_offering_class", "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate", "pricing_purchase_option", "pricing_rate_code", "pricing_rate_id", "pricing_term",
    "pricing_unit",
    "product_product_family", "product_region_code", "product_servicecode", "product_sku",
    "reservation_amortized_upfront_cost_for_usage", "reservation_amortized_upfront_fee_for_billing_period",
    "reservation_effective_cost", "reservation_end_time", "reservation_recurring_fee_for_usage",
    "reservation_reservation_a_r_n", "reservation_start_time",
    "reservation_unused_amortized_upfront_fee_for_billing_period", "reservation_unused_quantity",
    "reservation_unused_recurring_fee", "reservation_upfront_value",
    "savings_plan_amortized_upfront_commitment_for_billing_period", "savings_plan_end_time",
    "savings_plan_offering_type", "savings_plan_payment_option", "savings_plan_purchase_term",
    "savings_plan_recurring_commitment_for_billing_period", "savings_plan_savings_plan_a_r_n",
    "savings_plan_savings_plan_effective_cost", "savings_plan_savings_plan_rate", "savings_plan_start_time",
    "savings_plan_total_commitment_to_date", "savings_plan_used_commitment",
)  # fmt: skip
"""The columns both kinds of report have; CUR 2.0 adds its maps, legacy a column per tag key."""


@dataclass(frozen=True)
class Payer:
    """The account that is billed, with its accounts' names."""

    account: str
    name: str
    account_names: Mapping[str, str]


@dataclass(frozen=True)
class Fee:
    """One line that no resource makes: a commitment's fee, support, tax, a credit, a refund.

    `cost` is in 10^-12 currency units; `start_day` and `days` are within the month; `values` are further columns.
    """

    line_type: str
    account: str
    code: str
    product: str
    description: str
    cost: int
    start_day: int
    days: int
    bill_type: str = "Anniversary"
    values: Mapping[str, str] = field(default_factory=dict)


def plain(whole: int, digits: int = COST_DIGITS) -> str:
    """Return a whole number of 10^-`digits` as a decimal without needless zeros."""
    sign = "-" if whole < 0 else ""
    units, rest = divmod(abs(whole), 10**digits)
    fraction = f"{rest:0{digits}d}".rstrip("0")
    return f"{sign}{units}.{fraction}" if fraction else f"{sign}{units}"


def moment(day: date, hours: int = 0) -> str:
    """Return the start of a day in UTC, or some hours later, as a report writes it."""
    return f"{datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}.000Z"


def interval(day: date, start: int, stop: int) -> str:
    """Return the time interval between two hours after `day`."""
    return f"{moment(day, start)[:-5]}Z/{moment(day, stop)[:-5]}Z"


def template_values(resource: Resource, kind: str, payer: Payer, month: Month) -> dict[str, str]:
    """Return the columns that all lines of one resource and kind share."""
    meter = resource.meter
    price = plain(meter.price, meter.price_digits)
    sku = f"{meter.code[:6].upper()}{sum(map(ord, meter.usage_type)):06d}"
    values = {
        **_bill(payer, month, "Anniversary"),
        "line_item_availability_zone": f"{resource.region}a" if resource.meter.unit == "Hrs" else "",
        "line_item_line_item_description": f"{kind}: {meter.service} {meter.usage_type}",
        "line_item_line_item_type": kind,
        "line_item_operation": meter.operation,
        "line_item_product_code": meter.code,
        "line_item_resource_id": resource.name,
        "line_item_unblended_rate": "0" if kind == usage.RESERVED else price,
        "line_item_usage_account_id": resource.account,
        "line_item_usage_account_name": payer.account_names[resource.account],
        "line_item_usage_type": f"{resource.region[:2].upper()}-{meter.usage_type}",
        "pricing_currency": CURRENCY,
        "pricing_public_on_demand_rate": price,
        "pricing_rate_code": f"{sku}.JRTCKXETXF.6YS6EN2CT7",
        "pricing_rate_id": str(10_000_000 + sum(map(ord, sku)) * 7_919),
        "pricing_term": "Reserved" if kind == usage.RESERVED else "OnDemand",
        "pricing_unit": meter.unit,
        "product_product_family": meter.family,
        "product_region_code": resource.region,
        "product_servicecode": meter.code,
        "product_sku": sku,
        "product": canonical({"product_name": meter.service, "region": resource.region}),
        "resource_tags": canonical({f"user_{key}": value for key, value in resource.tags}),
    }
    return values | _commitment(resource, kind, payer)


def fee_values(fee: Fee, payer: Payer, month: Month) -> dict[str, str]:
    """Return every column of one fee but its line id."""
    last_hour = 24 * (fee.start_day + fee.days)
    return {
        **_bill(payer, month, fee.bill_type),
        "identity_time_interval": interval(month.first_day, 24 * fee.start_day, last_hour),
        "line_item_line_item_description": fee.description,
        "line_item_line_item_type": fee.line_type,
        "line_item_product_code": fee.code,
        "line_item_unblended_cost": plain(fee.cost),
        "line_item_usage_account_id": fee.account,
        "line_item_usage_account_name": payer.account_names[fee.account],
        "line_item_usage_amount": "1",
        "line_item_usage_end_date": moment(month.first_day, last_hour),
        "line_item_usage_start_date": moment(month.first_day, 24 * fee.start_day),
        "product_servicecode": fee.code,
        "product": canonical({"product_name": fee.product}),
        "resource_tags": "{}",
        **fee.values,
    }


def legacy_column(name: str) -> str:
    """Return `lineItem/UnblendedCost` for `line_item_unblended_cost`."""
    for prefix in ("line_item", "savings_plan", "identity", "bill", "pricing", "product", "reservation"):
        if name.startswith(f"{prefix}_"):
            words = name.removeprefix(f"{prefix}_").split("_")
            camel = "".join(word.capitalize() for word in words)
            head, *tail = prefix.split("_")
            group = head + "".join(word.capitalize() for word in tail)
            is_lower = group == "product" or (group == "pricing" and words[0] in _LOWER_PRICING)
            return f"{group}/{camel[0].lower()}{camel[1:]}" if is_lower else f"{group}/{camel}"
    raise LookupError(name)


_LOWER_PRICING: Final = frozenset({"currency", "public", "term", "unit"})


def canonical(value: Mapping[str, str]) -> str:
    """Return a map as JSON text, keys sorted."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def invoice_number(period: date, *, account: str) -> str:
    """Return the number of a payer's invoice for a month."""
    return f"EUINDEMO{period:%y%m}{account[-4:]}"


def _bill(payer: Payer, month: Month, bill_type: str) -> dict[str, str]:
    return {
        "bill_bill_type": bill_type,
        "bill_billing_entity": "AWS",
        "bill_billing_period_end_date": moment(next_period(month.first_day)),
        "bill_billing_period_start_date": moment(month.first_day),
        "bill_invoice_id": invoice_number(month.first_day, account=payer.account),
        "bill_invoicing_entity": SELLER,
        "bill_payer_account_id": payer.account,
        "bill_payer_account_name": payer.name,
        "line_item_currency_code": CURRENCY,
        "line_item_legal_entity": SELLER,
        "cost_category": "{}",
        "discount": "{}",
    }


def _commitment(resource: Resource, kind: str, payer: Payer) -> dict[str, str]:
    if kind in (usage.COVERED, usage.NEGATION):
        return {
            "savings_plan_offering_type": "ComputeSavingsPlans",
            "savings_plan_payment_option": "No Upfront",
            "savings_plan_purchase_term": "1yr",
            "savings_plan_savings_plan_a_r_n": PLAN_ARN.format(payer=payer.account),
            "savings_plan_savings_plan_rate": plain(resource.meter.commitment_price, resource.meter.price_digits),
        }
    if kind == usage.RESERVED:
        return {
            "pricing_lease_contract_length": "1yr",
            "pricing_offering_class": "standard",
            "pricing_purchase_option": "No Upfront",
            "reservation_amortized_upfront_cost_for_usage": "0",
            "reservation_reservation_a_r_n": RESERVATION_ARN.format(payer=payer.account, region=resource.region),
        }
    return {}

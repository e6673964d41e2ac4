"""The words of Google Cloud's detailed export: what each resource and each other line writes. Pure.

Source: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage, flat, as in its CSV.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from itfm.core.periods import next_period
from itfm.demo import organization
from itfm.demo.cur import plain
from itfm.demo.fees import UNIT
from itfm.demo.gcp_catalog import CREDITS, REGIONS, Credit
from itfm.demo.resources import Resource
from itfm.demo.usage import Month

ISSUER: Final = "Google Cloud"
CURRENCY: Final = "USD"
CONTRACTED_PERCENT: Final = 95
"""The company pays 5 % under list; prices are chosen so that this is exact."""
LOS_ANGELES: Final = ZoneInfo("America/Los_Angeles")
"""Where Google's months begin."""

VARYING: Final = (
    "usage_start_time", "usage_end_time", "cost", "usage.amount", "usage.amount_in_pricing_units", "credits",
    "cost_at_list",
)  # fmt: skip
"""The columns that change from line to line of one resource."""

COLUMNS: Final = (
    "billing_account_id", "service.id", "service.description", "sku.id", "sku.description", "usage_start_time",
    "usage_end_time", "project.id", "project.number", "project.name", "project.labels", "project.ancestry_numbers",
    "project.ancestors", "labels", "system_labels", "tags", "location.location", "location.country",
    "location.region", "location.zone", "resource.name", "resource.global_name", "cost", "currency",
    "currency_conversion_rate", "usage.amount", "usage.unit", "usage.amount_in_pricing_units", "usage.pricing_unit",
    "credits", "invoice.month", "cost_type", "adjustment_info.id", "adjustment_info.description",
    "adjustment_info.mode", "adjustment_info.type", "price.effective_price", "price.list_price", "cost_at_list",
    "transaction_type", "seller_name", "subscription.instance_id", "export_time",
)  # fmt: skip

PREFIX: Final = "meridian-"
PRODUCTION: Final = "prod"
OTHER: Final = "test"
PROMOTIONS: Final = 3
TAX_PERCENT: Final = 19
CENT: Final = UNIT // 100
_COMPUTE: Final = {"service.id": "6F81-5844-456A", "service.description": "Compute Engine"}
_INVOICE: Final = {"service.id": "2062-016F-44A2", "service.description": "Invoice"}
_VERTEX: Final = {"service.id": "C7E2-9256-1C43", "service.description": "Vertex AI"}


def project(team: str, environment: str) -> str:
    """Return the id of a team's project for an environment."""
    return f"{PREFIX}{team}-{environment}"


def resource_values(resource: Resource, month: Month) -> dict[str, str]:
    """Return the columns that all lines of a resource share."""
    meter = resource.meter
    credit = CREDITS.get(meter.usage_type)
    is_zonal = "/zones/" in resource.name
    return {
        **_bill(month),
        "service.id": meter.code,
        "service.description": meter.service,
        "sku.id": meter.family,
        "sku.description": meter.usage_type,
        **_project(resource.account),
        "labels": _array(label(resource.tags)),
        "location.location": resource.region,
        "location.country": REGIONS[resource.region],
        "location.region": resource.region,
        "location.zone": f"{resource.region}-b" if is_zonal else "",
        "resource.name": resource.name.rpartition("/")[2],
        "resource.global_name": resource.name,
        "usage.unit": meter.operation,
        "usage.pricing_unit": meter.unit,
        "price.effective_price": plain(meter.price * CONTRACTED_PERCENT // 100, meter.price_digits),
        "price.list_price": plain(meter.price, meter.price_digits),
        "subscription.instance_id": credit.id if credit else "",
    }


def label(tags: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return tags as Google permits labels: lower case, no spaces."""
    return [(key, value.strip().lower().replace(" ", "-")) for key, value in tags]


def credit_text(credit: Credit, amount: str) -> str:
    """Return the credits of a line that has this one."""
    words = {"full_name": credit.name, "id": credit.id, "name": credit.name, "type": credit.type}
    # The amount is put in as it is written: a decimal must not pass through a float.
    return f'[{{"amount":{amount},{json.dumps(words, separators=(",", ":"))[1:]}]'


def other_values(month: Month, *, billed: int, credited: Mapping[str, int]) -> list[tuple[int, dict[str, str]]]:
    """Return the lines that no resource makes, each with what it bills.

    :param billed: what all use comes to after credits, in 10^-12 currency units.
    :param credited: what credits took off by the SKU under which they are bought.
    """
    made = [(fee := _fee_of(amount), _fee(month, sku, fee)) for sku, amount in sorted(credited.items())]
    made += [_promoted(month, number) for number in range(PROMOTIONS)]
    corrected = -(billed // 140)
    made.append((corrected, _corrected(month, corrected)))
    taxed = billed + sum(cost for cost, _ in made)
    tax = taxed * TAX_PERCENT // 100 // CENT * CENT
    made.append((tax, _of_invoice(month, tax, "Tax - value added tax 19 %", "tax")))
    rounding = -(sum(cost for cost, _ in made) + billed) % CENT
    return [*made, (rounding, _of_invoice(month, rounding, "Rounding error", "rounding_error"))]


def count() -> int:
    """Return how many charges there are besides use; a promotion makes a second charge of the line it pays."""
    return sum(1 for credit in CREDITS.values() if credit.fee) + 2 * PROMOTIONS + 3


def moment(month: Month, hour: int) -> datetime:
    """Return the moment at which an hour of a month begins in Los Angeles."""
    first = month.first_day
    local = datetime(first.year, first.month, first.day, tzinfo=LOS_ANGELES) + timedelta(hours=hour)
    return local.astimezone(UTC)


def told(at: datetime) -> str:
    """Return a moment as the export writes it."""
    return f"{at:%Y-%m-%d %H:%M:%S}+00:00"


def invoice_number(period: date) -> str:
    """Return the number of the invoice for a month, which the export does not tell."""
    return f"GCDEMO{period:%y%m}"


def _fee_of(credited: int) -> int:
    """Return what is paid for credits: 63 % of them, and 4 % more that nothing used."""
    return credited * 63 // 100 * 104 // 100 // CENT * CENT


def _fee(month: Month, sku: str, cost: int) -> dict[str, str]:
    [credit] = [credit for credit in CREDITS.values() if credit.fee == sku]
    service = _COMPUTE if "Cpu" in sku else {"service.id": "9662-B51E-5089", "service.description": "Cloud SQL"}
    return {
        **_line(month, cost),
        **service,
        "sku.id": f"DEMO-{len(sku):04d}-FEE0",
        "sku.description": sku,
        "subscription.instance_id": credit.id,
    }


def _promoted(month: Month, number: int) -> tuple[int, dict[str, str]]:
    """Return a line that a promotion pays a part of."""
    cost, paid = (120 + 30 * number) * UNIT, -(90 + 20 * number) * UNIT
    promotion = Credit("PROMOTION", "Demo credit for new models", 0, f"demo-promotion-{number + 1}")
    values = {
        **_line(month, cost), **_VERTEX, **_project(project("machine-learning", PRODUCTION)),
        "sku.id": "0F2B-7C18-66DA", "sku.description": "Gemini 2.5 Pro Text Output - Predictions",
        "labels": _array([("team", "machine-learning")]), "credits": credit_text(promotion, plain(paid)),
    }  # fmt: skip
    return cost + paid, values


def _corrected(month: Month, cost: int) -> dict[str, str]:
    return {
        **_line(month, cost),
        **_COMPUTE,
        "sku.id": "2E27-4F75-95CD",
        "sku.description": "N1 Predefined Instance Core",
        "adjustment_info.id": f"demo-{month.first_day:%Y%m}-1",
        "adjustment_info.description": "Correction after a misread meter",
        "adjustment_info.mode": "PARTIAL_CORRECTION",
        "adjustment_info.type": "USAGE_CORRECTION",
    }


def _of_invoice(month: Month, cost: int, sku: str, cost_type: str) -> dict[str, str]:
    return {**_line(month, cost), **_INVOICE, "sku.description": sku, "cost_type": cost_type}


def _line(month: Month, cost: int) -> dict[str, str]:
    """Return what all lines besides use have: they cover the whole month and belong to no project."""
    return {
        **_bill(month),
        "usage_start_time": told(moment(month, 0)),
        "usage_end_time": told(moment(month, 24 * month.days)),
        "cost": plain(cost),
        "cost_at_list": plain(cost),
        "credits": "[]",
    }


def _bill(month: Month) -> dict[str, str]:
    return {
        "billing_account_id": organization.GOOGLE_ACCOUNT,
        "currency": CURRENCY,
        "currency_conversion_rate": "1",
        "invoice.month": f"{month.first_day:%Y%m}",
        "cost_type": "regular",
        "transaction_type": "GOOGLE",
        "export_time": f"{next_period(month.first_day)} 18:20:00+00:00",
        **dict.fromkeys(("project.labels", "project.ancestors", "labels", "system_labels", "tags"), "[]"),
    }


def _project(project: str) -> dict[str, str]:
    ancestors = [
        {"resource_name": f"projects/{_number(project)}", "display_name": project},
        {"resource_name": "folders/700000000002", "display_name": "Data"},
        {"resource_name": "organizations/700000000001", "display_name": "meridian.example"},
    ]
    return {
        "project.id": project,
        "project.number": str(_number(project)),
        "project.name": project.removeprefix(PREFIX).replace("-", " "),
        "project.labels": _array([("env", "prod" if project.endswith(PRODUCTION) else "dev")]),
        "project.ancestry_numbers": f"/700000000001/700000000002/{_number(project)}/",
        "project.ancestors": json.dumps(ancestors, separators=(",", ":")),
    }


def _number(project: str) -> int:
    return 700_000_000_000 + sum(position * ord(letter) for position, letter in enumerate(project, 1))


def _array(pairs: Sequence[tuple[str, str]]) -> str:
    return json.dumps([{"key": key, "value": value} for key, value in pairs], separators=(",", ":"))

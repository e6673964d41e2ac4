"""How columns, measures and values of costs read to people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from allocation.costs.query import COLUMNS, Comparison, Granularity, Measure, RuleSetNames
from itfm.web.display import MONTHS, period_text

UNALLOCATED: Final = "Unallocated"
NOTHING: Final = "(none)"
"""Stands for an absent value where one types values."""

MEASURES: Final[dict[Measure, str]] = {
    "effective_cost": "Effective cost",
    "billed_cost": "Billed cost",
    "list_cost": "List cost",
    "contracted_cost": "Contracted cost",
    "consumed_quantity": "Consumed quantity",
}
GRANULARITIES: Final[dict[Granularity, str]] = {"total": "In total", "month": "By month", "day": "By day"}
COMPARISONS: Final[dict[Comparison, str]] = {"previous": "Periods before", "year_ago": "A year ago"}
COLUMN_LABELS: Final = {
    "source_id": "Bill source",
    "origin": "Direct or split",
    "charge_date": "Day",
    "billing_account_id": "Billing account",
    "sub_account_id": "Account",
    "service_provider_name": "Provider",
    "service_name": "Service",
    "service_category": "Service category",
    "region_id": "Region",
    "charge_category": "Charge category",
    "pricing_category": "Pricing category",
    "commitment_discount_status": "Commitment status",
}


def label_of(name: str, rule_set: RuleSetNames) -> str:
    """Return what a column or dimension is called."""
    return COLUMN_LABELS.get(name) or dict(rule_set.dimensions).get(name, name)


def value_text(name: str, value: str | None, *, sources: Mapping[str, str]) -> str:
    """Return a value as people read it; `sources` has the names of bill sources by id."""
    if value is None:
        return NOTHING if name in COLUMNS else UNALLOCATED
    if name == "source_id":
        return sources.get(value, value)
    if name == "origin" and value == "direct":
        return "Direct"
    return value or "(empty)"


def bucket_text(bucket: date, granularity: Granularity) -> str:
    """Return the heading of a bucket of time."""
    if granularity == "day":
        return f"{bucket.day} {MONTHS[bucket.month - 1][:3]}"
    return period_text(bucket)


def range_text(first: date, last: date) -> str:
    """Return `October 2026`, or `May 2026 to October 2026`."""
    return period_text(first) if first == last else f"{period_text(first)} to {period_text(last)}"

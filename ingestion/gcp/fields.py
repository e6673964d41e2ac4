"""The fields of Google Cloud's billing export, flat or nested. Pure.

Source: the schema of the standard and detailed usage cost data export,
https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/detailed-usage. A CSV has a column `service.id`
where Parquet has a struct `service`; both are known here as `service_id`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ingestion.focus.columns import snake_case
from ingestion.focus.expressions import exact_json, literal, quoted
from ingestion.normalize.plan import DerivedColumn

NESTED: Final = (
    "adjustment_info.id",
    "adjustment_info.mode",
    "consumption_model.id",
    "invoice.month",
    "location.country",
    "location.location",
    "location.region",
    "location.zone",
    "price.effective_price",
    "price.list_price",
    "project.ancestors",
    "project.ancestry_numbers",
    "project.id",
    "project.labels",
    "project.name",
    "resource.global_name",
    "resource.name",
    "service.description",
    "service.id",
    "sku.description",
    "sku.id",
    "subscription.instance_id",
    "usage.amount",
    "usage.amount_in_pricing_units",
    "usage.pricing_unit",
    "usage.unit",
)


def unnested(names: Iterable[str]) -> tuple[DerivedColumn, ...]:
    """Return the fields that stand inside structs."""
    there = frozenset(names)
    found = []
    for path in NESTED:
        struct, _, field = path.partition(".")
        if snake_case(path) not in there and struct in there:
            value = f"json_extract_string({exact_json(quoted(struct))}, {literal('$.' + field)})"
            sql = f"CASE WHEN json_valid({quoted(struct)}) THEN nullif({value}, '') END"
            found.append(DerivedColumn(name=snake_case(path), title=path, sql=sql))
    return tuple(found)

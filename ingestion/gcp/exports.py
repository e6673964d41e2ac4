"""Which table of a dataset is a billing export, and in which form. Pure but for the asking.

Sources: https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/standard-usage, `detailed-usage` and
`focus-export` beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingestion.delivery.stores import DeliveryError
from ingestion.gcp.patience import patience
from ingestion.gcp.settings import BigQuerySettings

if TYPE_CHECKING:
    from google.cloud.bigquery import Client, SchemaField

PREFIXES: Final = ("gcp_billing_export_v1_", "gcp_billing_export_resource_v1_", "gcp_billing_export_focus_")
PARTITION: Final = "_PARTITIONTIME"
"""The hidden column of tables in parts by when rows came: Google's own exports are."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a form of the export calls things. `month` is an expression of six digits, the others are columns."""

    name: str
    required: tuple[str, ...]
    month: str
    exported: str
    currency: str


USAGE: Final = Form(
    name="standard",
    required=("cost", "currency", "usage_start_time", "invoice.month", "service.description", "export_time"),
    month="invoice.month",
    exported="export_time",
    currency="currency",
)
DETAILED: Final = Form(
    name="detailed", required=USAGE.required, month=USAGE.month, exported=USAGE.exported, currency=USAGE.currency
)
FOCUS: Final = Form(
    name="FOCUS",
    required=(
        "BilledCost",
        "BillingCurrency",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodStart",
        "x_ExportTime",
    ),
    # A month's start at midnight is of the same month in UTC, be it that of UTC or of Los Angeles.
    month="FORMAT_TIMESTAMP('%Y%m', BillingPeriodStart)",
    exported="x_ExportTime",
    currency="BillingCurrency",
)


@dataclass(frozen=True, kw_only=True)
class Export:
    """A billing export: its table `project.dataset.table`, where it stands, and whether it is in parts by arrival."""

    table: str
    form: Form
    location: str
    is_in_parts: bool


def find_export(client: Client, settings: BigQuerySettings) -> Export:
    """Return the export that a source reads.

    :raises DeliveryError: wrong_location, not_found or ambiguous where none or several are there, no_export.
    """
    dataset_name = settings.dataset or ""
    retry = patience(settings.reach)
    location = str(client.get_dataset(dataset_name, retry=retry).location)
    if settings.location and settings.location.lower() != location.lower():
        raise DeliveryError(
            "wrong_location",
            f"The dataset {dataset_name} stands in {location}, not in {settings.location}. Leave the location empty.",
        )
    name = settings.table
    if name is None:
        name = _only([table.table_id for table in client.list_tables(dataset_name, retry=retry)], dataset_name)
    table = client.get_table(f"{dataset_name}.{name}", retry=retry)
    form = _form(f"{dataset_name}.{name}", frozenset(_paths(table.schema)))
    parts = table.time_partitioning
    return Export(
        table=f"{dataset_name}.{name}",
        form=form,
        location=location,
        is_in_parts=parts is not None and parts.field is None,
    )


def _only(names: Iterable[str], dataset: str) -> str:
    found = sorted(name for name in names if name.startswith(PREFIXES))
    if not found:
        raise DeliveryError(
            "not_found",
            f"The dataset {dataset} holds no table gcp_billing_export_v1_, gcp_billing_export_resource_v1_ or"
            " gcp_billing_export_focus_ with a billing account. The first rows come hours after an export is enabled;"
            " a table by another name must be named.",
        )
    if len(found) > 1:
        raise DeliveryError(
            "ambiguous",
            f"The dataset {dataset} holds several exports: {', '.join(found)}. Name one of them as the table: exports"
            " of one billing account tell the same costs.",
        )
    return found[0]


def _form(table: str, columns: frozenset[str]) -> Form:
    form = FOCUS if "BilledCost" in columns else DETAILED if "resource.name" in columns else USAGE
    if missing := [name for name in form.required if name not in columns]:
        raise DeliveryError(
            "no_export",
            f"The table {table} is no billing export: it has no column {', '.join(missing)}. Name another table.",
        )
    return form


def _paths(schema: Iterable[SchemaField], prefix: str = "") -> Iterable[str]:
    for field in schema:
        yield prefix + field.name
        if field.fields and field.mode != "REPEATED":
            yield from _paths(field.fields, f"{prefix}{field.name}.")

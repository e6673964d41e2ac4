"""Google Cloud's billing export, read where Google writes it: from BigQuery. Pure but for the network.

Standard and detailed exports become charges as the files of `gcp_csv` do, exports in FOCUS as those of `focus`.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb

from ingestion.connectors import focus, gcp_csv
from ingestion.focus.columns import snake_case
from ingestion.focus.services import service_columns
from ingestion.gcp import labels
from ingestion.gcp.months import discover, open_export
from ingestion.gcp.services import SERVICES
from ingestion.gcp.settings import BigQuerySettings
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import Plan
from ingestion.normalize.tables import RawTables


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:
    """Say how the columns of an export, whichever form it has, become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    return (_focus_plan if "billed_cost" in raw.names() else gcp_csv.plan)(raw, connection)


def _focus_plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:
    """Return the plan of FOCUS files, with what FOCUS makes mandatory and Google's export does not tell in its words.

    The columns that Google tells are listed in
    https://cloud.google.com/billing/docs/how-to/export-data-bigquery-tables/focus-export: no category of a service, no
    issuer, and labels in arrays of its own.
    """
    base = focus.plan(raw, connection)
    names = frozenset(raw.names())
    fields = Fields(names)
    name = fields.text("service_name")
    told = {
        **service_columns(name, SERVICES, own_name=name),
        "invoice_issuer_name": "'Google Cloud'",
        "x_service_code": fields.text("x_service_id"),
        "tags": labels.object_of(names, labels.FOCUS),
    }
    added = {column: sql for column, sql in told.items() if column not in names}
    arrays = (*labels.FOCUS.order, labels.FOCUS.ancestors, "x_service_id")
    return replace(
        base,
        key=(*base.key, *(array for array in arrays if array in names)),
        entries={**base.entries, **added},
        kept={**base.kept, "x_service_code": "e_x_service_code"},
        findings=tuple(finding for finding in base.findings if snake_case(finding.column) not in added),
    )


KIND = ConnectorKind(
    label="Google Cloud billing export in BigQuery",
    description="The standard, detailed or FOCUS usage cost export of Google Cloud, read from its table in BigQuery.",
    access=(
        "Make a service account with a key. Give it the role BigQuery Job User on the project that pays for queries.",
        "Give it BigQuery Data Viewer on the dataset of the export.",
        "Google charges for what queries read, 6.25 USD a TiB on demand in the US after the first of a month.",
        "A pull reads a few columns to see which months have new rows, then these months; nothing beyond the bound.",
    ),
    params=BigQuerySettings,
    open=open_export,
    discover=discover,
    normalize=planned(plan),
    planner=plan,
)

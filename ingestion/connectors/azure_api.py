"""Azure Cost Management without exports: its reports of a month, asked for. Pure but for the network and the files."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import duckdb

from ingestion.azure import cost_reports
from ingestion.azure.columns import columns
from ingestion.azure.cost_management import PERMIT, CostManagementSettings
from ingestion.azure.cost_reports import ReportStore
from ingestion.connectors import azure_export
from ingestion.delivery import Delivery, Store, open_store
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.plan import EntryCheck, Plan
from ingestion.normalize.tables import RawTables

REPORT: Final = re.compile(r"(\d{4}-\d{2})/(?:Actual|Amortized)Cost\.csv")


def discover(settings: CostManagementSettings) -> tuple[Delivery, ...]:
    """Return the deliveries of a folder of exports, else one for each month that reports are made of."""
    return azure_export.discover(settings) if settings.path else cost_reports.discover(settings)


def open_reports(settings: CostManagementSettings) -> Store:
    """Return the folder named in the settings, else the service as a place of files."""
    return open_store(settings) if settings.path else ReportStore(settings, datetime.now(UTC).date())


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:
    """Say how the columns of the reports become FOCUS 1.4: as those of exports do.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    found = azure_export.plan(raw, connection)
    months = {match[1] for table in raw.tables if (match := REPORT.fullmatch(table.file.name))}
    if len(months) != 1:
        return found
    # A charge of another month would take the place of all that month's own.
    check = EntryCheck(
        code="other_period",
        is_wrong=f"billing_period <> DATE '{months.pop()}-01'",
        column=columns(raw).names["billing_period_start"],
        message="{file}, row {row}: the billing period starts at {value}, which is not in the month asked for. Reports"
        " are read of scopes that are billed by calendar month; export the costs of others.",
    )
    return replace(found, checks=(*found.checks, check))


KIND = ConnectorKind(
    label="Azure Cost Management API (actual and amortized cost)",
    description=(
        "Costs of a subscription, billing account or billing profile, asked from Azure by month, where nothing is"
        " exported: for Enterprise and Microsoft Customer Agreements."
    ),
    access=(
        "Register an application in Microsoft Entra ID and give it a client secret.",
        PERMIT,
        "Azure makes reports of the last 13 months. Each month that is not settled is asked for with every pull.",
    ),
    params=CostManagementSettings,
    open=open_reports,
    discover=discover,
    normalize=planned(plan),
    planner=plan,
)

"""Oracle's FOCUS reports: the plan of FOCUS files, with what Oracle writes otherwise. Pure.

Source: FOCUS Cost Report Schema,
https://docs.oracle.com/en-us/iaas/Content/Billing/Concepts/costusagereportsoverview.htm. The reports have some columns
under the names of a draft of FOCUS, and lack others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ingestion.focus.expressions import literal, quoted
from ingestion.focus.services import service_columns
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import DerivedColumn, EntryCheck, Plan
from ingestion.normalize.tables import RawTables
from ingestion.oci.charges import HOST, ISSUER
from ingestion.oci.services import SERVICES, word_of

MONTH: Final = "x_folder_month"
KEY: Final = ("invoice_issuer", "oci_compartment_id", "oci_compartment_name", "provider", "publisher", "region")
"""Columns of Oracle's own that entries depend on."""
CARRIED: Final = frozenset({*KEY, "usage_quantity", "usage_unit"}) - {"publisher"}
FILLED: Final = frozenset({"ContractedCost", "InvoiceIssuerName", "ListCost", "ServiceCategory"})
"""Columns that are worked out where they are not there, which is thus nothing to tell."""


def adapted(plan: Plan, raw: RawTables) -> Plan:
    """Return the plan of FOCUS files with what is Oracle's own about them."""
    fields = Fields(frozenset(raw.names()))
    months = {table.file.number: table.file.dataset for table in raw.tables if table.file.dataset}
    return replace(
        plan,
        key=(*plan.key, *(name for name in KEY if name in fields.names), *([MONTH] if months else [])),
        entries={**plan.entries, **_entries(plan.entries, fields)},
        rows={**plan.rows, **_rows(plan.rows, fields)},
        decimals=(*plan.decimals, *(name for name in ("usage_quantity",) if name in fields.names)),
        kept={name: sql for name, sql in plan.kept.items() if name.removeprefix("x_") not in CARRIED} | _kept(fields),
        checks=(*plan.checks, *([_month_check()] if months else [])),
        findings=tuple(finding for finding in plan.findings if finding.column not in FILLED),
        derived=(*plan.derived, *([_month_column(months)] if months else [])),
    )


def _entries(entries: Mapping[str, str], fields: Fields) -> dict[str, str]:
    text = fields.text
    frequency = entries["charge_frequency"]
    known = service_columns(word_of(entries["service_name"]), SERVICES, own_name=entries["service_name"])
    return {
        "invoice_issuer_name": f"coalesce({entries['invoice_issuer_name']}, {text('invoice_issuer')}, '{ISSUER}')",
        "service_provider_name": f"coalesce({entries['service_provider_name']}, {text('publisher')},"
        f" {text('provider')}, '{ISSUER}')",
        "host_provider_name": f"coalesce({entries['host_provider_name']}, {text('provider')}, '{HOST}')",
        "region_id": f"coalesce({entries['region_id']}, {text('region')})",
        # As in cost reports; the tenancy, which Oracle has here, is kept beside it.
        "sub_account_id": f"coalesce({text('oci_compartment_id')}, {entries['sub_account_id']})",
        "sub_account_name": f"CASE WHEN {text('oci_compartment_id')} IS NULL THEN {entries['sub_account_name']}"
        f" ELSE {text('oci_compartment_name')} END",
        "service_category": f"coalesce({entries['service_category']}, {known['service_category']})",
        "charge_class": f"coalesce({entries['charge_class']}, {_correction(entries)})",
        "charge_frequency": f"CASE lower({frequency}) WHEN 'usage-based' THEN 'Usage-Based' ELSE {frequency} END",
    }


def _correction(entries: Mapping[str, str]) -> str:
    """Return the charge class of rows that Oracle calls adjustments.

    Source: the schema maps ChargeCategory to `lineItem/isCorrection`, which makes Adjustment of a correction. The back
    reference does not tell: published cost reports have one in rows that correct nothing. Not seen in a real report.
    """
    return f"CASE WHEN {entries['charge_category']} = 'Adjustment' THEN 'Correction' END"


def _rows(rows: Mapping[str, str], fields: Fields) -> dict[str, str]:
    quantity, unit = rows.get("consumed_quantity", "NULL"), rows.get("consumed_unit", "NULL")
    return {
        "consumed_quantity": f"coalesce({quantity}, {fields.number('usage_quantity')})",
        "consumed_unit": f"coalesce({unit}, {fields.text('usage_unit')})",
        # The price that is billed is the contract's. Without a list price it is that too, as in cost reports.
        "contracted_cost": f"coalesce({rows.get('contracted_cost', 'NULL')}, n_billed_cost)",
        "list_cost": f"coalesce({rows.get('list_cost', 'NULL')}, n_billed_cost)",
    }


def _kept(fields: Fields) -> dict[str, str]:
    tenancy = {"x_tenancy_id": "sub_account_id", "x_tenancy_name": "sub_account_name"}
    return {name: quoted(raw) for name, raw in tenancy.items() if raw in fields.names}


def _month_column(months: Mapping[int, str]) -> DerivedColumn:
    cases = " ".join(f"WHEN {number} THEN {literal(told)}" for number, told in months.items())
    return DerivedColumn(name=MONTH, title="BillingPeriodStart", sql=f"CASE x_file_number {cases} END")


def _month_check() -> EntryCheck:
    """Return the check that a row is of the month whose folder it lies in: else it would stand for another whole month.

    Source: Oracle's documentation, FOCUS reports are partitioned by the date of use. Not seen in a real report.
    """
    return EntryCheck(
        code="month_differs",
        is_wrong=f"strftime(billing_period, '%Y-%m') <> {quoted('k_' + MONTH)}",
        column="billing_period_start",
        message="{file}, row {row}: BillingPeriodStart is {value}, a month other than that of the report's folder. Put"
        " the reports into one folder without those of the days: they are then read together.",
    )

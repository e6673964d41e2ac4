"""An invoice or a usage file of any vendor, a line in each row, as CSV, XLSX or Parquet. Pure but for the files.

A line is one charge, of the service period it names or else of its date, in the billing period of its date. What it
bills is what it costs in effect: who pays for many months at once keeps that as a contract, which is spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

import duckdb

from ingestion.amortization.registers import tag_titles
from ingestion.focus import attributes
from ingestion.focus.expressions import literal, looked_up, quoted
from ingestion.focus.findings import Finding
from ingestion.invoices import writing
from ingestion.invoices.lines import AMOUNTS, DAYS, MONTH, READ, SUMMARY, derived_columns, left_out
from ingestion.invoices.meanings import MEANINGS, find_columns, recognized
from ingestion.invoices.settings import COLUMN, InvoiceFileSettings
from ingestion.normalize.checks import currency_check, period_check
from ingestion.normalize.connector import ConnectorKind, discover, settled
from ingestion.normalize.fields import Fields
from ingestion.normalize.plan import EntryCheck, Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.tables import RawTables

AMOUNT: Final = f"n_{READ['amount']}"
NOT_NAMED: Final = "Vendor not named"
IN_KEY: Final = ("currency", "vendor", "service", "account", "region", "category")
SIGNS: Final = {"€": "EUR", "£": "GBP", "US$": "USD"}
CATEGORIES: Final = {
    **dict.fromkeys(("usage", "consumption", "overage", "metered"), "Usage"),
    **dict.fromkeys(("purchase", "subscription", "license", "licence", "fee", "recurring", "one-time"), "Purchase"),
    **dict.fromkeys(("tax", "taxes", "vat", "gst", "sales tax", "mwst", "ust"), "Tax"),
    **dict.fromkeys(("credit", "discount", "promotion", "refund", "gutschrift"), "Credit"),
    **dict.fromkeys(("adjustment", "correction", "rounding"), "Adjustment"),
}
"""What a line is in FOCUS, by words that invoices have for it."""


def planner_of(settings: InvoiceFileSettings) -> Planner:
    """Return the plan of a vendor's files."""
    return partial(plan, settings=settings)


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection, *, settings: InvoiceFileSettings) -> Plan:
    """Say how lines become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no line can do without, or that the settings name.
    """
    found = find_columns(raw, told=settings.told(), tags=settings.tag_titles())
    columns = found.columns
    derived = derived_columns(raw, connection, columns, settings=settings)
    made = frozenset(column.name for column in derived)
    fields = Fields(made | frozenset(raw.names()))
    tags = _tags(raw, settings)
    findings = left_out(raw, connection, derived)
    if not settings.vendor and "vendor" not in columns:
        findings = (*findings, _without_vendor(raw))
    in_key = [columns[key] for key in IN_KEY if key in columns]
    days = [READ[key] for key in DAYS if key in columns]
    return Plan(
        key=tuple(dict.fromkeys((*in_key, *tags, MONTH, SUMMARY))),
        entries=_entries(columns, tags, settings, currency=found.currency),
        rows=_rows(columns, fields, settings),
        decimals=tuple(READ[key] for key in AMOUNTS if key in columns),
        date_times=tuple(days),
        source_amount=f"CASE WHEN {SUMMARY} IS NULL THEN {AMOUNT} ELSE 0 END",
        needed=(READ["amount"], days[0]),
        derived=derived,
        period_end=READ["end"] if "end" in columns else None,
        kept={f"x_{name}": quoted(name) for name in sorted(raw.names().keys() - {*columns.values(), *tags})},
        checks=_checks(columns),
        findings=findings,
    )


def _entries(
    columns: Mapping[str, str], tags: Mapping[str, str], settings: InvoiceFileSettings, *, currency: str | None
) -> dict[str, str]:
    fields = Fields(frozenset(columns.values()))
    told = {key: fields.text(columns.get(key, "")) for key in IN_KEY}
    own = {key: f"nullif(trim({text}), '')" for key, text in told.items()}
    vendor = f"coalesce({own['vendor']}, {literal(settings.vendor.strip() or NOT_NAMED)})"
    code = looked_up(f"upper({own['currency']})", SIGNS, otherwise=f"upper({own['currency']})")
    kind = looked_up(f"lower({own['category']})", CATEGORIES, otherwise=literal(settings.charge_category))
    pairs = ", ".join(f"{literal(key)}, {quoted(name)}" for name, key in tags.items())
    month = f"try_strptime({MONTH}, '%Y-%m')"
    # A row that is no line is dropped, and must not make a month of its own.
    start = f"CASE WHEN {SUMMARY} IS NULL THEN {month} ELSE min({month}) OVER () END"
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        "billing_period": f"CAST({start} AS DATE)",
        "billing_period_start": start,
        "billing_period_end": f"{start} + INTERVAL 1 MONTH",
        "billing_currency": f"coalesce({code}, {literal(currency)}, {literal(settings.default_currency)})",
        "billing_account_id": vendor,
        "billing_account_name": vendor,
        "billing_account_type": "'Vendor'",
        "sub_account_id": own["account"],
        "sub_account_name": own["account"],
        "sub_account_type": f"CASE WHEN {own['account']} IS NOT NULL THEN 'Account' END",
        "invoice_issuer_name": vendor,
        "service_provider_name": vendor,
        "service_name": f"coalesce({own['service']}, {vendor})",
        "service_category": literal(settings.service_category),
        "service_subcategory": literal(f"Other ({settings.service_category})"),
        "region_id": own["region"],
        "charge_category": kind,
        "charge_frequency": f"CASE {kind} WHEN 'Usage' THEN 'Usage-Based' WHEN 'Purchase' THEN 'Recurring'"
        " ELSE 'One-Time' END",
        # Nulls of an object are what a merge removes.
        "tags": f"CAST(json_merge_patch('{{}}', json_object({pairs})) AS VARCHAR)" if pairs else "NULL::VARCHAR",
        "is_dropped": f"{SUMMARY} IS NOT NULL",
    }


def _rows(columns: Mapping[str, str], fields: Fields, settings: InvoiceFileSettings) -> dict[str, str]:
    def text(key: str) -> str:
        return fields.text(columns.get(key, ""))

    quantity, price = fields.number(READ["quantity"]), fields.number(READ["unit_price"])
    service = f"coalesce({text('service')}, {text('account')}, {text('invoice')})"
    is_priced = "e_charge_category IN ('Usage', 'Purchase')"
    return {
        # An invoice tells neither list nor contracted price of most lines, and FOCUS allows no empty cost.
        **dict.fromkeys(("billed_cost", "effective_cost", "list_cost", "contracted_cost"), AMOUNT),
        **_period(columns, settings),
        "charge_description": f"coalesce({text('description')}, {service})",
        "consumed_quantity": f"CASE WHEN e_charge_category = 'Usage' THEN {quantity} END",
        "consumed_unit": f"CASE WHEN e_charge_category = 'Usage' THEN {text('unit')} END",
        "pricing_quantity": f"CASE WHEN {is_priced} THEN {quantity} END",
        "pricing_unit": f"CASE WHEN {is_priced} THEN {text('unit')} END",
        "contracted_unit_price": f"CASE WHEN {is_priced} THEN {price} END",
        "invoice_id": text("invoice"),
        "resource_id": text("resource"),
        "resource_name": text("resource"),
    }


def _period(columns: Mapping[str, str], settings: InvoiceFileSettings) -> dict[str, str]:
    """Return the service period: as it is told, else the month or the day that the line names."""
    starts = [key for key in ("start", "date") if key in columns]
    ends = [f"t_{READ[key]} + {_length(columns[key])}" for key in starts]
    if "end" in columns:
        length = _length(columns["end"]) if settings.end_is == "last_day" else "INTERVAL 0 DAY"
        ends.insert(0, f"t_{READ['end']} + {length}")
    return {
        "charge_period_start": f"coalesce({', '.join(f't_{READ[key]}' for key in starts)})",
        "charge_period_end": f"coalesce({', '.join(ends)})",
    }


def _length(name: str) -> str:
    return f"CASE WHEN {writing.is_month(name)} THEN INTERVAL 1 MONTH ELSE INTERVAL 1 DAY END"


def _tags(raw: RawTables, settings: InvoiceFileSettings) -> dict[str, str]:
    """Return the key of each column that is a tag, by raw name: those named, and those that tell it by their title."""
    wanted = {title.lower() for title in settings.tag_titles()}
    return {column.name: column.title for column in raw.columns if column.title.lower() in wanted} | tag_titles(raw)


def _checks(columns: Mapping[str, str]) -> tuple[EntryCheck, ...]:
    period = period_check(
        MONTH,
        words="the date begins with {value}; write it as 2026-10-31. Where dates have slashes, set the date format.",
    )
    currency = currency_check(columns.get("currency", MONTH))
    if "currency" not in columns:
        message = "{file}, row {row}: nothing tells the currency. Set the currency of the source, such as EUR."
        currency = replace(currency, message=message)
    return tuple(replace(check, is_wrong=f"NOT is_dropped AND ({check.is_wrong})") for check in (period, currency))


def _without_vendor(raw: RawTables) -> Finding:
    file = raw.tables[0].file.name
    message = f"{file} does not tell who bills. Set the vendor of the source; until then it is '{NOT_NAMED}'."
    return Finding(code="vendor_missing", severity="warning", file=file, row=0, message=message)


def recognize(titles: Sequence[str]) -> dict[str, str]:
    """Return the title of the column that each setting finds when it is left empty, '' for none."""
    found = recognized(titles)
    return {meaning.key + COLUMN: found.get(meaning.key, "") for meaning in MEANINGS}


def basis(settings: InvoiceFileSettings) -> str:
    """Return what the charges depend on besides the files: how these are read."""
    return "\n".join(f"{name}={getattr(settings, name)}" for name in settings.reading)


KIND = ConnectorKind(
    label="Invoice or usage file (CSV, XLSX or Parquet)",
    description="What any vendor bills as a list of lines; you say which column is what, and it is remembered.",
    params=InvoiceFileSettings,
    discover=discover,
    normalize=settled(planner_of),
    planner_of=planner_of,
    recognize=recognize,
    basis=basis,
)

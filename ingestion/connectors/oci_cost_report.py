"""Oracle Cloud Infrastructure's cost reports: Oracle's own and its FOCUS reports, CSV. Pure but for the files."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import duckdb

from ingestion.connectors import focus
from ingestion.delivery import Delivery, open_store
from ingestion.focus import attributes
from ingestion.focus.expressions import literal, quoted
from ingestion.focus.services import service_columns
from ingestion.normalize.checks import currency_check, period_check
from ingestion.normalize.connector import ConnectorKind
from ingestion.normalize.plan import DerivedColumn, EntryCheck, Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.tables import RawTables
from ingestion.oci import charges, focus_reports, places
from ingestion.oci.binding import bound
from ingestion.oci.columns import TITLES, Columns, columns, kept_name, report_of
from ingestion.oci.services import SERVICES, word_of
from ingestion.oci.settings import OciSettings, basis

MONTH: Final = "x_month"
KEY: Final = (
    "compartment_id",
    "compartment_name",
    "currency",
    "is_correction",
    "region",
    "service",
    "subscription_id",
    "tenant_id",
)
NUMBERS: Final = ("cost", "quantity", "unit_price")
CARRIED: Final = frozenset(
    {
        "availability_domain",
        "compartment_id",
        "compartment_name",
        "cost",
        "currency",
        "description",
        "end",
        "quantity",
        "region",
        "resource_id",
        "service",
        "sku",
        "start",
        "subscription_id",
        "unit",
        "unit_price",
    }
)
"""Columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""
UNNAMED: Final = "Oracle Cloud Infrastructure"
"""The service of a line that names none."""


def discover(settings: OciSettings) -> tuple[Delivery, ...]:
    """Return the deliveries at a source's place."""
    place = settings.path.as_posix() if settings.path else settings.prefix
    return places.deliveries(open_store(settings).files(), place=place)


def planner_of(settings: OciSettings) -> Planner:
    """Return the plan of reports, from the first month that counts."""
    return partial(plan, first_month=settings.counted_from())


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection, *, first_month: str | None = None) -> Plan:
    """Say how the columns of a report become FOCUS 1.4.

    :raises RejectedBillError: the files are no cost reports, or not all of the same kind.
    """
    if report_of(raw) == "focus":
        return focus_reports.adapted(focus.plan(raw, connection), raw)
    found = columns(raw)
    is_left_out = charges.is_left_out(MONTH, first_month=first_month)
    billed = charges.billed_cost(found.number("cost"))
    return Plan(
        key=(*(found.names[name] for name in KEY if name in found.names), MONTH, *found.tags),
        entries=_entries(found, is_left_out=is_left_out),
        rows=_rows(found, billed=billed),
        decimals=tuple(found.names[name] for name in NUMBERS if name in found.names),
        date_times=tuple(found.names[name] for name in ("start", "end") if name in found.names),
        source_amount=billed if is_left_out == "FALSE" else f"CASE WHEN {is_left_out} THEN 0 ELSE {billed} END",
        needed=(found.names["cost"], found.names["start"]),
        kept=_kept(found),
        checks=_checks(found, first_month=first_month),
        derived=(*found.derived, _month_column(found)),
        period_end=found.names.get("end"),
    )


def _month_column(found: Columns) -> DerivedColumn:
    # A derived column cannot look at another.
    merged = {column.name: column.sql for column in found.derived}
    name = found.names["start"]
    return DerivedColumn(name=MONTH, title=TITLES["start"], sql=charges.month(merged.get(name, quoted(name))))


def _entries(found: Columns, *, is_left_out: str) -> dict[str, str]:
    text = found.text
    month = f"CAST(try_strptime({MONTH}, '%Y-%m') AS DATE)"
    # What is left out must not make a bill of its own: it goes, uncounted, with the first that there is.
    period = f"CASE WHEN {is_left_out} THEN min({month}) FILTER (WHERE NOT {is_left_out}) OVER () ELSE {month} END"
    word = word_of(text("service"))
    return {
        **dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR"),
        "billing_period": month if is_left_out == "FALSE" else period,
        "billing_period_start": f"CAST({month} AS TIMESTAMP)",
        "billing_period_end": f"CAST({month} + INTERVAL 1 MONTH AS TIMESTAMP)",
        "billing_currency": text("currency"),
        "billing_account_id": f"coalesce({text('subscription_id')}, {text('tenant_id')})",
        "billing_account_type": f"CASE WHEN {text('subscription_id')} IS NOT NULL THEN 'Subscription'"
        f" WHEN {text('tenant_id')} IS NOT NULL THEN 'Tenancy' END",
        "sub_account_id": text("compartment_id"),
        "sub_account_name": text("compartment_name"),
        "invoice_issuer_name": literal(charges.ISSUER),
        "service_provider_name": literal(charges.ISSUER),
        "host_provider_name": literal(charges.HOST),
        **service_columns(word, SERVICES, own_name=f"coalesce({text('service')}, {literal(UNNAMED)})"),
        "region_id": text("region"),
        "charge_category": "'Usage'",
        "charge_class": f"CASE WHEN {charges.is_correction(text('is_correction'))} THEN 'Correction' END",
        "charge_frequency": "'Usage-Based'",
        "pricing_category": "'Standard'",
        "x_service_code": text("service"),
        "is_unknown_service": f"NOT coalesce({word} IN ({', '.join(map(literal, SERVICES))}), FALSE)",
        "tags": _tags(found),
        "is_dropped": is_left_out,
    }


def _tags(found: Columns) -> str:
    """Return the tags as a JSON object; a report has a column for each, `tags/<namespace>.<key>`."""
    if not found.tags:
        return "NULL::VARCHAR"
    pairs = [
        f"CAST(to_json({literal(key)}) AS VARCHAR) || ':' || CAST(to_json({quoted(name)}) AS VARCHAR)"
        for name, key in sorted(found.tags.items(), key=lambda tag: tag[1])
    ]
    return f"nullif('{{' || concat_ws(',', {', '.join(pairs)}) || '}}', '{{}}')"


def _rows(found: Columns, *, billed: str) -> dict[str, str]:
    text, number = found.text, found.number
    unit = f"coalesce({text('unit')}, {text('billing_unit')})"
    return {
        "availability_zone": text("availability_domain"),
        "billed_cost": billed,
        # What credits bought in advance pay is not told apart: use costs its price.
        "effective_cost": billed,
        # The unit price is the contract's.
        "contracted_cost": billed,
        # A report tells no list price.
        "list_cost": billed,
        "contracted_unit_price": number("unit_price"),
        "charge_description": text("description"),
        "charge_period_start": quoted(f"t_{found.names['start']}"),
        "charge_period_end": quoted(f"t_{found.names['end']}") if "end" in found.names else "NULL",
        "consumed_quantity": number("quantity"),
        "consumed_unit": unit,
        "pricing_quantity": number("quantity"),
        "pricing_unit": unit,
        "resource_id": text("resource_id"),
        "sku_id": text("sku"),
        "sub_account_type": "CASE WHEN e_sub_account_id IS NOT NULL THEN 'Compartment' END",
    }


def _kept(found: Columns) -> dict[str, str]:
    meant = {kept_name(meaning): quoted(name) for meaning, name in found.names.items() if meaning not in CARRIED}
    others = {f"x_{name}": quoted(name) for name in sorted(found.others)}
    return {"x_service_code": "e_x_service_code", **meant, **others}


def _checks(found: Columns, *, first_month: str | None) -> tuple[EntryCheck, ...]:
    words = "the interval starts at {value}, which is no date and time such as 2026-10-05T10:00Z."
    period = period_check(found.names["start"], words=words)
    checks = [
        replace(period, is_wrong=f"NOT is_dropped AND ({period.is_wrong})"),
        currency_check(found.names["currency"]),
        EntryCheck(
            code="service_unknown",
            severity="info",
            is_wrong="is_unknown_service AND NOT is_dropped",
            column=found.names["service"],
            message="{value} is no known service (first in {file}, row {row}); its category is Other.",
        ),
    ]
    if first_month is None:
        return tuple(checks)
    nothing = EntryCheck(
        code="nothing_counted",
        is_wrong="is_dropped AND billing_period IS NULL",
        column=MONTH,
        message="{file}, row {row}: all reports are of months before " + first_month + ", such as {value}. Set the"
        " source's first month to an earlier one.",
    )
    left_out = EntryCheck(
        code="month_left_out",
        severity="info",
        is_wrong="is_dropped",
        column=MONTH,
        message="{file} has charges of {value}, before the first month that counts, " + first_month + "; they were"
        " left out.",
    )
    return (nothing, *checks, left_out)


KIND = ConnectorKind(
    label="Oracle Cloud (OCI) cost reports",
    description=(
        "Oracle's cost reports (reports/cost-csv) or its FOCUS reports, copied to a folder or bucket of yours, or read"
        " through the endpoint that speaks S3's protocol."
    ),
    params=OciSettings,
    discover=discover,
    normalize=bound(planner_of),
    planner_of=planner_of,
    basis=basis,
    tells_months_again=True,
)

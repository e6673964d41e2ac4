"""Azure Cost Management exports of actual and amortized cost, EA and MCA, CSV or Parquet. Pure but for the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final

import duckdb

from ingestion.ai.models import with_generative
from ingestion.azure import line_items
from ingestion.azure.columns import Columns, columns, missing_columns
from ingestion.azure.exports import Sorted, sort_out
from ingestion.azure.line_items import EXPORT
from ingestion.azure.pairing import paired
from ingestion.azure.regions import region
from ingestion.azure.services import service
from ingestion.azure.survey import Group, Words, counted, files_in_single_units, survey, words
from ingestion.azure.units import pricing_unit
from ingestion.delivery import Delivery, PlaceSettings, SourceSettings
from ingestion.delivery.places import BLOB, S3
from ingestion.delivery.settings import Place
from ingestion.focus import attributes
from ingestion.focus.expressions import lenient_moment, literal, looked_up, quoted
from ingestion.focus.findings import RejectedBillError
from ingestion.focus.services import Service, service_columns
from ingestion.normalize import connector
from ingestion.normalize.checks import currency_check, period_check
from ingestion.normalize.connector import ConnectorKind, planned
from ingestion.normalize.plan import BARE, DerivedColumn, EntryCheck, Plan
from ingestion.normalize.reading import Reading
from ingestion.normalize.tables import RawTables

KEY: Final = (
    "account_name",
    "benefit_id",
    "benefit_name",
    "billing_account_id",
    "billing_account_name",
    "billing_currency",
    "billing_period_end",
    "billing_period_start",
    "billing_profile_id",
    "billing_profile_name",
    "charge_type",
    "consumed_service",
    "cost_center",
    "frequency",
    "invoice_id",
    "invoice_section_id",
    "invoice_section_name",
    "location",
    "meter_category",
    "offer_id",
    "partner_name",
    "plan_name",
    "pricing_currency",
    "pricing_model",
    "publisher_name",
    "publisher_type",
    "reservation_id",
    "reservation_name",
    "service_family",
    "subscription_id",
    "subscription_name",
    "tags",
    "term",
    "unit_of_measure",
)
NUMBERS: Final = (
    "cost",
    "cost_in_pricing_currency",
    "effective_price",
    "exchange_rate",
    "list_cost",
    "list_price",
    "quantity",
    "unit_price",
)
CARRIED: Final = frozenset(
    {
        "availability_zone",
        "benefit_id",
        "benefit_name",
        "billing_currency",
        "billing_period_end",
        "billing_period_start",
        "consumed_service",
        "date",
        "invoice_id",
        "location",
        "meter_name",
        "pricing_currency",
        "product",
        "product_id",
        "resource_id",
        "subscription_id",
        "subscription_name",
        "tags",
    }
)
"""Columns whose content stands whole in another column; the others are kept as `x_<raw name>`."""
CHARGE_DATE: Final = "x_charge_date"
RESOURCE_TYPE: Final = "x_resource_type"
IS_GENERATIVE: Final = "x_is_generative"


class ExportSettings(PlaceSettings):
    """Where the exports are; a person is asked for Azure's own place first."""

    places: ClassVar[tuple[Place, ...]] = (BLOB, S3)


def discover(settings: SourceSettings) -> tuple[Delivery, ...]:
    """Return the deliveries at a source's place, both exports of a month as one."""
    return paired(connector.discover(settings))


@dataclass(frozen=True, kw_only=True)
class _Bill:
    """What the plan is made from: the columns, what the rows hold, and the export of each file."""

    columns: Columns
    groups: tuple[Group, ...]
    words: Words
    sorted: Sorted

    @property
    def is_paired(self) -> str:
        """Whether a row is of a month for which both exports are there."""
        periods = {group.period for group in self.groups if group.month in self.sorted.paired_months and group.period}
        if not periods:
            return "FALSE"
        texts = ", ".join(literal(period) for period in sorted(periods))
        return f"coalesce({self.columns.text('billing_period_start')} IN ({texts}), FALSE)"

    @property
    def is_left_out(self) -> str:
        """Whether a row of such a month is told by the other export."""
        if self.is_paired == "FALSE":
            return "FALSE"
        return f"({self.is_paired} AND ({EXPORT} = 'actual') <> {line_items.is_purchase(self.columns)})"


def plan(raw: RawTables, connection: duckdb.DuckDBPyConnection) -> Plan:
    """Say how the columns of the exports become FOCUS 1.4.

    :raises RejectedBillError: a column is missing that no charge can do without, or nothing tells which export it is.
    """
    if missing := missing_columns(raw):
        raise RejectedBillError(missing)
    found = columns(raw)
    derived = (*found.derived, *_derived(found))
    key = (*(found.names[name] for name in KEY if name in found.names), RESOURCE_TYPE, IS_GENERATIVE)
    decimals = tuple(found.names[name] for name in NUMBERS if name in found.names)
    numbers_and_dates = replace(BARE, decimals=decimals, date_times=(CHARGE_DATE,))
    reading = Reading(raw=replace(raw, derived=derived), plan=numbers_and_dates)
    groups = survey(reading, connection, found, key=key)
    sorted_out = sort_out(groups, files=[table.file for table in raw.tables])
    bill = _Bill(columns=found, groups=groups, words=words(groups), sorted=sorted_out)
    export = _export_column(sorted_out)
    is_unbilled = line_items.is_unbilled(found, is_left_out=bill.is_left_out)
    return Plan(
        key=(*key, EXPORT),
        entries=_entries(bill),
        rows=_rows(bill),
        decimals=decimals,
        date_times=numbers_and_dates.date_times,
        source_amount=line_items.billed_cost(found, is_left_out=bill.is_left_out),
        needed=(found.names["cost"], CHARGE_DATE),
        kept=_kept(found),
        checks=_checks(found),
        findings=sorted_out.findings,
        derived=(*derived, export),
        counted=counted(key, export=export, is_unbilled=is_unbilled),
    )


def _derived(found: Columns) -> tuple[DerivedColumn, ...]:
    return (
        DerivedColumn(
            name=CHARGE_DATE, title=found.titles["date"], sql=line_items.iso_date(_before_merging(found, "date"))
        ),
        DerivedColumn(
            name=RESOURCE_TYPE,
            title=found.titles.get("resource_id", "ResourceId"),
            sql=line_items.resource_type(_before_merging(found, "resource_id")),
        ),
        DerivedColumn(
            name=IS_GENERATIVE,
            title=found.titles.get("meter_category", "MeterCategory"),
            sql=line_items.is_generative(lambda meaning: _before_merging(found, meaning)),
        ),
    )


def _before_merging(found: Columns, meaning: str) -> str:
    """Return a column as derived columns may name it: not by a derived column's name."""
    merged = {column.name: column.sql for column in found.derived}
    return merged.get(found.names.get(meaning, ""), found.text(meaning))


def _export_column(sorted_out: Sorted) -> DerivedColumn:
    cases = " ".join(f"WHEN {number} THEN {literal(export)}" for number, export in sorted_out.exports.items())
    return DerivedColumn(name=EXPORT, title="", sql=f"CASE x_file_number {cases} END")


def _entries(bill: _Bill) -> dict[str, str]:
    found = bill.columns
    text = found.text
    start, end = (lenient_moment(line_items.iso_date(text(f"billing_period_{which}"))) for which in ("start", "end"))
    tags = text("tags")
    entries = dict.fromkeys(attributes.COLUMNS, "NULL::VARCHAR")
    entries |= {
        "billing_period": line_items.month(found),
        "billing_period_start": start,
        # Azure writes the last day that a period has.
        "billing_period_end": f"{end} + INTERVAL 1 DAY",
        "billing_currency": text("billing_currency"),
        **line_items.account_entries(found),
        **line_items.charge_entries(found),
        **line_items.commitment_entries(found),
        "commitment_discount_name": f"coalesce({text('benefit_name')}, {text('reservation_name')})",
        **_service_entries(bill),
        "region_id": looked_up(text("location"), {word: region(word).id for word in bill.words.locations}),
        "region_name": looked_up(text("location"), {word: region(word).name for word in bill.words.locations}),
        "resource_type": RESOURCE_TYPE,
        "x_service_code": f"lower({text('consumed_service')})",
        # Azure writes the pairs without the braces around them.
        "tags": f"CASE WHEN ltrim({tags}) LIKE '\"%' THEN '{{' || {tags} || '}}' ELSE {tags} END",
        "is_dropped": bill.is_left_out,
        **_unit_entries(bill),
        **line_items.facts(found, is_left_out=bill.is_left_out, is_paired=bill.is_paired),
    }
    return entries


def _unit_entries(bill: _Bill) -> dict[str, str]:
    found = bill.columns
    unit, units = found.text("unit_of_measure"), bill.words.units
    consumed = looked_up(unit, {word: pricing_unit(word).unit for word in units})
    return {
        "consumed_unit": f"CASE WHEN {line_items.charge(found)} = 'usage' THEN {consumed} END",
        "pricing_unit": looked_up(unit, {word: pricing_unit(word).name for word in units}),
        "pricing_currency": f"coalesce({found.text('pricing_currency')}, {found.text('billing_currency')})",
    }


def _service_entries(bill: _Bill) -> dict[str, str]:
    """Return the service of a row, by the pairs of ConsumedService and type there are; else what the bill calls it."""
    consumed = bill.columns.text("consumed_service")
    meter = bill.columns.text("meter_category")
    pair = f"concat_ws('|', coalesce({consumed}, ''), coalesce({RESOURCE_TYPE}, ''))"
    known: dict[str, Service] = {}
    for code, kind in bill.words.services:
        if one := service(code, kind):
            known[f"{code or ''}|{kind or ''}"] = one
    # A charge of the marketplace is of what its publisher sells there.
    is_own = line_items.is_own(bill.columns)
    own = f"coalesce({meter}, {consumed}, {bill.columns.text('publisher_name')}, 'Azure')"
    is_named = f"{consumed} IS NOT NULL OR {RESOURCE_TYPE} IS NOT NULL"
    is_unknown = f"{pair} NOT IN ({', '.join(map(literal, sorted(known)))})" if known else "TRUE"
    return {
        **with_generative(
            service_columns(pair, known, own_name=own),
            is_generative=f"{IS_GENERATIVE} = 'yes'",
            own_name=f"coalesce({bill.columns.text('publisher_name')}, {own})",
        ),
        "is_unknown_service": f"({is_named}) AND {is_own} AND {is_unknown} AND {IS_GENERATIVE} IS NULL",
    }


def _rows(bill: _Bill) -> dict[str, str]:
    found = bill.columns
    text = found.text
    sizes = {unit: pricing_unit(unit).block_size for unit in bill.words.units}
    unit_files = files_in_single_units(bill.groups, sizes=sizes)
    quantity = line_items.pricing_quantity(found, sizes=sizes, unit_files=unit_files)
    effective = line_items.effective_cost(found)
    return {
        "availability_zone": text("availability_zone"),
        "billed_cost": f"CASE WHEN e_x_is_unbilled THEN 0 ELSE {found.number('cost')} END",
        "charge_description": text("product"),
        "charge_period_start": f"t_{CHARGE_DATE}",
        # Azure writes the one day that a row is of.
        "charge_period_end": f"t_{CHARGE_DATE} + INTERVAL 1 DAY",
        "consumed_quantity": line_items.consumed_quantity(found, sizes=sizes, unit_files=unit_files),
        "contracted_cost": line_items.cost_at(found, "unit_price", quantity=quantity),
        "contracted_unit_price": line_items.unit_price(found, "unit_price"),
        "effective_cost": effective,
        "invoice_id": text("invoice_id"),
        "list_cost": line_items.cost_at(
            found, "list_price", quantity=quantity, told=line_items.known_price(found, "list_cost")
        ),
        "list_unit_price": line_items.unit_price(found, "list_price"),
        "pricing_currency_contracted_unit_price": line_items.known_price(found, "unit_price"),
        "pricing_currency_effective_cost": line_items.in_pricing_currency(found, effective),
        "pricing_currency_list_unit_price": line_items.known_price(found, "list_price"),
        "pricing_quantity": quantity,
        "resource_id": f"lower({text('resource_id')})",
        "resource_name": line_items.resource_name(found),
        "sku_id": text("product_id"),
        "sku_meter": text("meter_name"),
    }


def _kept(found: Columns) -> dict[str, str]:
    kept = {EXPORT: quoted(EXPORT), "x_service_code": "e_x_service_code"}
    for meaning, name in found.names.items():
        if meaning not in CARRIED:
            kept[f"x_{meaning}"] = found.number(meaning) if meaning in NUMBERS else quoted(name)
    return kept | {f"x_{name}": quoted(own) for name, own in found.others.items()}


def _checks(found: Columns) -> tuple[EntryCheck, ...]:
    checks = [
        period_check(
            found.names["billing_period_start"], words="the billing period starts at {value}, which is no date."
        ),
        currency_check(found.names["billing_currency"]),
        EntryCheck(
            code="charge_type_missing",
            is_wrong=f"{quoted('k_' + found.names['charge_type'])} IS NULL",
            column=found.names["charge_type"],
            message="{file}, row {row}: the row has no charge type. Deliver it again.",
        ),
    ]
    named = found.name("consumed_service") or found.name("resource_id")
    if named:
        checks.append(
            EntryCheck(
                code="service_unknown",
                severity="info",
                is_wrong="is_unknown_service AND NOT is_dropped",
                column=named,
                message="{value} is no known service (first in {file}, row {row}); its category is Other.",
            )
        )
    return tuple(checks)


KIND = ConnectorKind(
    label="Azure Cost Management export (actual and amortized cost)",
    description=(
        "What Azure exports as actual and amortized cost, of an Enterprise or Customer Agreement, CSV or Parquet,"
        " in a container, folder or bucket. For its FOCUS exports choose FOCUS."
    ),
    params=ExportSettings,
    discover=discover,
    normalize=planned(plan),
    planner=plan,
)

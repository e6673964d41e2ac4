"""FOCUS files, version 1.0 to 1.4, from any provider. Pure but for the files.

Rules: FOCUS 1.4, Cost and Usage; what earlier versions call otherwise is told in `_entries`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, ClassVar, Final

import duckdb
from pydantic import Field

from ingestion.aws import accounts
from ingestion.aws.account_lists import SETTING, AccountList, reading_accounts, with_listed_accounts
from ingestion.aws.labels import merged
from ingestion.delivery import Delivery, PlaceSettings
from ingestion.delivery.places import BLOB, S3
from ingestion.delivery.settings import Place
from ingestion.focus import attributes
from ingestion.focus.columns import CHARGE_CATEGORIES, COLUMNS, snake_case
from ingestion.focus.expressions import lenient_moment, literal, quoted
from ingestion.focus.findings import Finding
from ingestion.normalize.checks import CURRENCY_CODE, currency_check, period_check, require_columns
from ingestion.normalize.connector import ConnectorKind, discover
from ingestion.normalize.plan import EntryCheck, Plan
from ingestion.normalize.run import Planner
from ingestion.normalize.tables import RawTables

REQUIRED: Final = {
    snake_case(title): title for title in ("BilledCost", "BillingPeriodStart", "ChargeCategory", "ChargePeriodStart")
}
"""Without these a file is refused; the other mandatory columns are only missed. Raw name to title."""
LACKS: Final = "{file} has no column {title}, which a FOCUS file must have. Is it a FOCUS file?"
MISSED: Final = (
    "BillingAccountId",
    "BillingPeriodEnd",
    "ChargePeriodEnd",
    "ContractedCost",
    "InvoiceIssuerName",
    "ListCost",
    "ServiceCategory",
    "ServiceName",
)
NO_CURRENCY: Final = "XXX"
"""ISO 4217: no currency is involved."""
TITLES: Final = {column.name: column.title for column in COLUMNS}
MAPPED_NAMES: Final = frozenset(TITLES) | {"provider_name", "publisher_name"}


class FocusSettings(PlaceSettings):
    """Settings of a FOCUS source. `default_currency` is taken for files without a BillingCurrency column.

    An `account_list` is of AWS, and so belongs to a bucket.
    """

    reading: ClassVar[tuple[str, ...]] = ("default_currency",)

    places: ClassVar[tuple[Place, ...]] = (replace(S3, fields=(*S3.fields, SETTING)), BLOB)

    account_list: AccountList = None
    default_currency: Annotated[str, Field(pattern=CURRENCY_CODE)] | None = Field(
        default=None, description="Three letters such as EUR, for files that do not name their currency."
    )


def found_deliveries(settings: FocusSettings) -> tuple[Delivery, ...]:
    """Return the deliveries at a source's place, each with the list of accounts where that is asked for.

    :raises DeliveryError: the place cannot be read, or the role is refused.
    """
    return with_listed_accounts(discover(settings), settings, account_list=settings.account_list)


def planner_of(settings: FocusSettings, listed: Sequence[accounts.Account] = ()) -> Planner:
    """Return the plan of files that may name no currency, with the accounts that are listed beside them."""
    return partial(plan, default_currency=settings.default_currency, listed=listed)


def plan(
    raw: RawTables,
    connection: duckdb.DuckDBPyConnection,
    *,
    default_currency: str | None = None,
    listed: Sequence[accounts.Account] = (),
) -> Plan:
    """Say how the columns found become FOCUS 1.4, with what AWS Organizations has `listed` of accounts.

    :raises RejectedBillError: a column is missing that no charge can do without.
    """
    names = frozenset(raw.names())
    require_columns(raw, REQUIRED, message=LACKS)
    findings = list(_missed(raw))
    entries = _entries(names)
    if listed:
        accounts.load(listed, connection)
        entries |= _of_accounts(entries)
    if "billing_currency" not in names:
        code, why = _currency(raw, connection, default_currency=default_currency)
        entries["billing_currency"] = literal(code)
        findings.append(_without_currency(raw, code=code, why=why))
    key_names = _key(names)
    decimals = tuple(c.name for c in COLUMNS if c.type == "decimal" and c.name in names)
    date_times = tuple(c.name for c in COLUMNS if c.type == "date_time" and c.name in names)
    return Plan(
        key=key_names,
        entries=entries,
        rows=_rows(names, in_entries=entries),
        decimals=decimals,
        date_times=date_times,
        source_amount="n_billed_cost",
        needed=tuple(n for n in ("billed_cost", "effective_cost", "charge_period_start") if n in names),
        kept=_kept(raw),
        checks=_checks(names),
        findings=tuple(findings),
        json_columns=tuple(c.name for c in COLUMNS if c.type == "json" and c.name in names and c.name != "tags"),
        period_end="charge_period_end" if "charge_period_end" in names else None,
    )


def _key(names: frozenset[str]) -> tuple[str, ...]:
    wanted = (*attributes.COLUMNS, "billing_period_start", "billing_currency", "provider_name", "publisher_name")
    return tuple(name for name in (*wanted, "tags") if name in names)


def _entries(names: frozenset[str]) -> dict[str, str]:
    """Return what depends on the key alone.

    Versions before 1.3 tell provider and publisher. These were not renamed: who provided the service is the publisher,
    also on a marketplace, and whose platform it was bought on is the provider.
    """
    entries = {name: quoted(name) if name in names else "NULL::VARCHAR" for name in attributes.COLUMNS}
    provider = quoted("provider_name") if "provider_name" in names else "NULL::VARCHAR"
    publisher = quoted("publisher_name") if "publisher_name" in names else "NULL::VARCHAR"
    entries["service_provider_name"] = f"coalesce({entries['service_provider_name']}, {publisher}, {provider})"
    entries["host_provider_name"] = f"coalesce({entries['host_provider_name']}, {provider})"
    entries["charge_category"] = _known_case("charge_category", CHARGE_CATEGORIES)
    moment = lenient_moment(quoted("billing_period_start"))
    entries["billing_period"] = f"CAST(date_trunc('month', {moment}) AS DATE)"
    entries["billing_currency"] = quoted("billing_currency")
    entries["is_dropped"] = "FALSE"
    # Azure writes the pairs without the braces around them.
    tags = "CASE WHEN tags LIKE '\"%' THEN '{' || tags || '}' ELSE tags END"
    entries["tags"] = tags if "tags" in names else "NULL::VARCHAR"
    return entries


def _of_accounts(entries: Mapping[str, str]) -> dict[str, str]:
    """Return what the list tells where the file does not: names of accounts, and tags that charges inherit from them.

    FOCUS has no tags of accounts, so one of such a name in the file was given to a resource, and the list's counts.
    """
    names = {
        f"{one}_account_name": f"coalesce({entries[f'{one}_account_name']},"
        f" {accounts.told('name', account=entries[f'{one}_account_id'])})"
        for one in ("sub", "billing")
    }
    inherited = accounts.told("tags", account=entries["sub_account_id"])
    return {**names, "tags": merged([entries["tags"], inherited])}


def _known_case(name: str, words: Sequence[str]) -> str:
    """Return a column's value in the specification's spelling, whatever its case."""
    cases = " ".join(f"WHEN {literal(word.lower())} THEN {literal(word)}" for word in words)
    return f"CASE lower({quoted(name)}) {cases} ELSE {quoted(name)} END"


def _rows(names: frozenset[str], *, in_entries: Mapping[str, str]) -> dict[str, str]:
    rows = {}
    for column in COLUMNS:
        if column.name in in_entries or column.name not in names:
            continue
        if column.type == "decimal":
            rows[column.name] = quoted(f"n_{column.name}")
        elif column.type == "date_time":
            rows[column.name] = quoted(f"t_{column.name}")
        elif column.type == "json":
            value = quoted(column.name)
            rows[column.name] = f"CASE WHEN json_valid({value}) THEN CAST(json({value}) AS VARCHAR) END"
        else:
            rows[column.name] = quoted(column.name)
    rows.setdefault("effective_cost", "n_billed_cost")
    return rows


def _kept(raw: RawTables) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name in raw.names():
        if name in {"provider_name", "publisher_name"}:
            kept[f"x_source_{name}"] = quoted(name)
        elif name not in MAPPED_NAMES:
            kept[name if name.startswith("x_") else f"x_{name}"] = quoted(name)
    return kept


def _checks(names: frozenset[str]) -> tuple[EntryCheck, ...]:
    categories = ", ".join(literal(word) for word in CHARGE_CATEGORIES)
    known = f"coalesce(charge_category IN ({categories}), FALSE)"
    checks = [
        period_check("billing_period_start", words="BillingPeriodStart is {value}, which is no date and time."),
        EntryCheck(
            code="charge_category_unknown",
            is_wrong=f"NOT {known}",
            column="charge_category",
            message="{file}, row {row}: ChargeCategory is {value}. FOCUS knows " + ", ".join(CHARGE_CATEGORIES) + ".",
        ),
    ]
    if "billing_currency" in names:
        checks.append(currency_check("billing_currency", title="BillingCurrency"))
    return tuple(checks)


def _missed(raw: RawTables) -> list[Finding]:
    findings = []
    for table in raw.tables:
        for title in (*MISSED, "EffectiveCost"):
            if title in table.titles:
                continue
            then = "the billed cost is taken for it" if title == "EffectiveCost" else "it stays empty"
            message = f"{table.file.name} has no column {title}, which FOCUS makes mandatory; {then}."
            findings.append(
                Finding(
                    code="column_missed",
                    severity="warning",
                    file=table.file.name,
                    row=0,
                    column=title,
                    message=message,
                )
            )
    return findings


def _currency(
    raw: RawTables, connection: duckdb.DuckDBPyConnection, *, default_currency: str | None
) -> tuple[str, str]:
    """Return a currency for files that tell none, and where it is from."""
    if default_currency:
        return default_currency, "the source's default currency"
    names = raw.names()
    columns = [name for name in ("pricing_currency", "commitment_discount_unit") if name in names]
    if columns:
        values = " UNION ".join(f"SELECT {quoted(name)} AS code FROM ({raw.sql(numbered=False)})" for name in columns)
        found = connection.execute(f"SELECT DISTINCT code FROM ({values}) WHERE code IS NOT NULL LIMIT 2").fetchall()
        if len(found) == 1 and re.fullmatch(CURRENCY_CODE, str(found[0][0])):
            return str(found[0][0]), "the only one in " + " and ".join(TITLES[name] for name in columns)
    return NO_CURRENCY, "ISO 4217 for 'no currency', as nothing in the files tells one"


def _without_currency(raw: RawTables, *, code: str, why: str) -> Finding:
    file = raw.tables[0].file.name
    message = (
        f"{file} has no column BillingCurrency. Its amounts are taken as {code}: {why}."
        " Set the source's default currency if that is wrong."
    )
    return Finding(
        code="currency_missing", severity="warning", file=file, row=0, column="BillingCurrency", message=message
    )


KIND = ConnectorKind(
    label="FOCUS 1.0 to 1.4 (CSV or Parquet)",
    description="A bill in the open FOCUS format, which most cloud providers and many vendors export.",
    params=FocusSettings,
    discover=found_deliveries,
    normalize=reading_accounts(planner_of),
    planner_of=planner_of,
    reuses_files=True,
)

"""What is asked of every bill, whatever its kind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.plan import DerivedColumn, EntryCheck
from ingestion.normalize.tables import RawTables

CURRENCY_CODE: Final = "^[A-Z]{3}$"


def period_check(column: str, *, words: str) -> EntryCheck:
    """Return the check that a row is of a billing period; `words` say what is written and what should be."""
    return EntryCheck(
        code="period_missing",
        is_wrong="billing_period IS NULL OR billing_period NOT BETWEEN DATE '1990-01-01' AND DATE '2200-01-01'",
        column=column,
        message="{file}, row {row}: " + words + " Deliver it again.",
    )


def currency_check(column: str, *, title: str = "the currency") -> EntryCheck:
    """Return the check that a row has a currency."""
    return EntryCheck(
        code="currency_unknown",
        is_wrong=f"NOT coalesce(regexp_matches(billing_currency, '{CURRENCY_CODE}'), FALSE)",
        column=column,
        message="{file}, row {row}: " + title + " is {value}, which is no ISO 4217 code such as EUR.",
    )


def require_columns(
    raw: RawTables, required: Mapping[str, str], *, message: str, derived: Iterable[DerivedColumn] = ()
) -> None:
    """Hold every file to the columns that no charge can do without.

    :param required: the title of each by its raw name.
    :param message: says what is missing of which `{file}`, as `{title}` and `{name}`, and what to do.
    :param derived: columns that may stand for some.
    :raises RejectedBillError: a file lacks some.
    """
    names = {column.title: column.name for column in raw.columns}
    made = {column.name for column in derived}
    findings = [
        Finding(
            code="column_missing",
            severity="error",
            file=table.file.name,
            row=0,
            column=title,
            message=message.format(file=table.file.name, title=title, name=name),
        )
        for table in raw.tables
        for name, title in required.items()
        if name not in made and name not in {names[one] for one in table.titles}
    ]
    if findings:
        raise RejectedBillError(findings)

"""What is asked of every bill of a software service. Pure."""

from __future__ import annotations

from ingestion.focus.columns import snake_case
from ingestion.focus.services import OTHER_CATEGORY
from ingestion.normalize.checks import require_columns
from ingestion.normalize.plan import EntryCheck
from ingestion.normalize.tables import RawTables


def require(raw: RawTables, *titles: str, of: str) -> None:
    """Hold every file to columns that no charge can do without; `of` says what the files should be.

    :raises RejectedBillError: a file lacks some.
    """
    message = "{file} has no column {title}. Is it " + of + "? Deliver it with this column."
    require_columns(raw, {snake_case(title): title for title in titles}, message=message)


def account_check(column: str) -> EntryCheck:
    """Return the check that somebody is billed for a row."""
    return EntryCheck(
        code="account_missing",
        is_wrong="billing_account_id IS NULL",
        column=column,
        message="{file}, row {row}: nothing says whose account is billed. Fill this column and deliver it again.",
    )


def service_check(column: str) -> EntryCheck:
    """Return the notice of services that have no category yet."""
    return EntryCheck(
        code="service_unknown",
        severity="info",
        is_wrong=f"service_category = '{OTHER_CATEGORY}'",
        column=column,
        message="{value} is no known service (first in {file}, row {row}); its category is Other.",
    )

"""Contracts whose term ends soon, by the newest bill of each list of contracts: what is to be decided, and by when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from ingestion.focus.expressions import literal
from ingestion.revisions import reader
from ingestion.selectors import SourceStatus
from itfm.core.keeping import kept
from itfm.core.lake import charges_folder

KIND: Final = "contracts"
LOOKS_AHEAD: Final = timedelta(days=120)
"""Notice is given a quarter before the end, as a rule, and somebody has to decide before that."""


@dataclass(frozen=True, kw_only=True)
class Term:
    """The term of a contract that a bill has charges of, with all its lines.

    `ends_on` is its last day. `amounts` are those of the whole term, by currency. Seats are told where the contract has
    one line: those of several are not of one kind.
    """

    source_id: UUID
    period: date
    """Of the bill."""
    contract: str
    name: str
    vendor: str
    ends_on: date
    notice_by: date | None
    renews_by_itself: bool | None
    amounts: Mapping[str, Decimal]
    seats: int | None
    seats_active: int | None

    @property
    def decide_by(self) -> date:
        """The day by which to have decided."""
        return self.notice_by or self.ends_on


def coming_renewals(statuses: Iterable[SourceStatus], *, today: date) -> list[Term]:
    """Return the terms that end in the next months, the first to be decided on first.

    A term that the list has followed by another already still counts until the bill has charges of that one.
    """
    bills = [
        (one.source.id, *one.newest_bill) for one in statuses if one.source.kind == KIND and one.newest_bill is not None
    ]
    if not bills:
        return []
    terms = kept("terms", bills, lambda organization_id: _terms(bills, organization_id))
    coming = [one for one in terms if today <= one.ends_on <= today + LOOKS_AHEAD]
    return sorted(coming, key=lambda one: (one.decide_by, one.ends_on, one.vendor, one.contract))


def _terms(bills: Sequence[tuple[UUID, date, UUID]], organization_id: UUID) -> list[Term]:
    found = []
    for source_id, period, revision_id in bills:
        folder = charges_folder(organization_id, source_id=source_id, period=period, revision_id=revision_id)
        if (folder / "charges.parquet").is_file():
            found += [_term(row, source_id=source_id, period=period) for row in _rows(folder)]
    return found


def _rows(folder: Path) -> list[dict[str, Any]]:
    with reader(folder) as database:
        found = database.execute(
            f"""
            -- The terms of contracts that a bill has charges of. Grain: contract, vendor, last day.
            WITH lines AS (
                SELECT DISTINCT
                    x_file_number, x_row_number, x_contract_id, invoice_issuer_name, sub_account_name, billing_currency,
                    TRY_CAST(x_contract_end AS DATE) AS ends_on,
                    TRY_CAST(x_renewal_notice_date AS DATE) AS notice_by,
                    x_auto_renews, x_seats, x_seats_active,
                    TRY_CAST(x_contract_amount AS DECIMAL(38, 18)) AS amount
                FROM read_parquet({literal(str(folder / "charges.parquet"))})
            ),
            sums AS (
                SELECT
                    x_contract_id, invoice_issuer_name, ends_on, billing_currency, SUM(amount) AS amount,
                    COUNT(*) AS line_count, MIN(sub_account_name) AS name, MIN(notice_by) AS notice_by,
                    BOOL_OR(x_auto_renews = 'yes') AS renews, TRY_CAST(MIN(x_seats) AS BIGINT) AS seats,
                    TRY_CAST(MIN(x_seats_active) AS BIGINT) AS seats_active
                FROM lines
                WHERE ends_on IS NOT NULL
                GROUP BY x_contract_id, invoice_issuer_name, ends_on, billing_currency
            )
            SELECT
                x_contract_id AS contract, invoice_issuer_name AS vendor, ends_on, MIN(name) AS name,
                MIN(notice_by) AS notice_by, BOOL_OR(renews) AS renews, SUM(line_count) AS line_count,
                MIN(seats) AS seats, MIN(seats_active) AS seats_active,
                MAP_FROM_ENTRIES(LIST((billing_currency, amount) ORDER BY billing_currency)) AS amounts
            FROM sums
            GROUP BY x_contract_id, invoice_issuer_name, ends_on
            ORDER BY x_contract_id, invoice_issuer_name, ends_on
            """  # noqa: S608 - our own name, quoted
        )
        names = [one[0] for one in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _term(row: Mapping[str, Any], *, source_id: UUID, period: date) -> Term:
    has_one_line = row["line_count"] == 1
    return Term(
        source_id=source_id,
        period=period,
        contract=row["contract"],
        name=row["name"] or row["contract"],
        vendor=row["vendor"],
        ends_on=row["ends_on"],
        notice_by=row["notice_by"],
        renews_by_itself=row["renews"],
        amounts=row["amounts"],
        seats=row["seats"] if has_one_line else None,
        seats_active=row["seats_active"] if has_one_line else None,
    )

"""What the stored charges of a bill come to by invoice, read from the lake and kept under the revision they are of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import structlog

from ingestion.models import BillRevision
from ingestion.payables.line_by_line import DetailSum
from ingestion.payables.reconciling import ChargeSum
from ingestion.revisions import reader, revision_folder
from itfm.core.keeping import kept_of

logger = structlog.get_logger(__name__)
CHARGES: Final = "charges.parquet"
MOST_SUMS: Final = 20_000
"""A bill whose charges name more invoices than this is not held against any."""

SUMS: Final = """
-- Billed cost of a revision by invoice. Grain: all columns but the last two. Exact.
SELECT
    coalesce(trim(invoice_id), '') AS number,
    coalesce(invoice_issuer_name, '') AS issuer,
    coalesce(billing_account_id, '') AS account,
    billing_currency,
    coalesce(charge_category = 'Tax', FALSE) AS is_tax,
    CASE
        WHEN charge_class = 'Correction' AND charge_period_start < $period
            THEN CAST(date_trunc('month', charge_period_start) AS DATE)
    END AS corrects,
    SUM(billed_cost) AS billed_cost,
    COUNT(*) AS charge_count
FROM read_parquet($charges)
GROUP BY ALL
ORDER BY ALL
LIMIT $most
"""
DETAILS: Final = """
-- Billed cost of one invoice's charges by line. Grain: (detail_id, charge_category). Exact.
SELECT
    coalesce(invoice_detail_id, '') AS detail_id,
    coalesce(charge_category, '') AS charge_category,
    SUM(billed_cost) AS billed_cost,
    COUNT(*) AS charge_count
FROM read_parquet($charges)
WHERE trim(invoice_id) = $number AND lower(trim(invoice_issuer_name)) = $issuer AND billing_currency = $currency
GROUP BY ALL
ORDER BY ALL
LIMIT $most
"""


@dataclass(frozen=True, kw_only=True)
class RevisionSums:
    """What a revision's charges come to by invoice, and the first days of the earlier months that they correct."""

    sums: tuple[ChargeSum, ...]
    corrected: frozenset[date]


def sums_of(revision: BillRevision) -> RevisionSums | None:
    """Return what the charges of a revision come to by invoice; None where they are gone, or name too many."""
    return kept_of(revision.organization_id, "invoice-sums", revision.id, lambda _: _read(revision))


def detail_sums(revision: BillRevision, *, number: str, issuer: str, currency: str) -> list[DetailSum]:
    """Return what the charges of one invoice come to by line; none where they are gone.

    :param issuer: in the form in which issuers are compared.
    """
    folder = revision_folder(revision)
    if not (folder / CHARGES).is_file():
        return []
    asked = {"charges": str(folder / CHARGES), "number": number, "issuer": issuer, "currency": currency}
    with reader(folder) as database:
        rows = database.execute(DETAILS, {**asked, "most": MOST_SUMS}).fetchall()
    return [
        DetailSum(detail_id=row[0], charge_category=row[1], billed_cost=row[2], charge_count=row[3]) for row in rows
    ]


def _read(revision: BillRevision) -> RevisionSums | None:
    folder = revision_folder(revision)
    if not (folder / CHARGES).is_file():
        return None
    asked = {"charges": str(folder / CHARGES), "period": revision.bill.billing_period, "most": MOST_SUMS + 1}
    with reader(folder) as database:
        rows = database.execute(SUMS, asked).fetchall()
    if len(rows) > MOST_SUMS:
        logger.warning("invoice_sums.too_many", revision=str(revision.id))
        return None
    return RevisionSums(
        sums=tuple(_sum(revision, row) for row in rows), corrected=frozenset(row[5] for row in rows if row[5])
    )


def _sum(revision: BillRevision, row: tuple[str, str, str, str, bool, date | None, Decimal, int]) -> ChargeSum:
    number, issuer, account, currency, is_tax, _, cost, count = row
    return ChargeSum(
        bill_id=revision.bill_id,
        number=number,
        issuer=issuer,
        account=account,
        currency=currency,
        is_tax=is_tax,
        billed_cost=cost,
        charge_count=count,
    )

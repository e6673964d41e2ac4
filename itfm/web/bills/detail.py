"""From a bill and its revisions to its page: what changed, whether it adds up, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from uuid import UUID

from django.db.models import Sum

from allocation.selectors import Visibility, mart, run_in_force
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.models import Bill, BillRevision, BillSource
from ingestion.revisions import stored_sums
from ingestion.tie_out import books_of
from itfm.web.bills.build import total_rows
from itfm.web.bills.comparing import comparison_part
from itfm.web.bills.findings import findings_of_revision, findings_part
from itfm.web.bills.in_others import InOtherSourceRow
from itfm.web.bills.page import (
    BILL_STATES,
    BillPage,
    FileRow,
    FindingsPart,
    RevisionRow,
    TieOut,
    TieOutRow,
)
from itfm.web.bills.query import BillQuery
from itfm.web.invoices.build import invoice_row
from itfm.web.shell.page import Shell


def bill_page(bill_id: UUID, *, query: BillQuery, visibility: Visibility, shell: Shell, at: datetime) -> BillPage:
    """Return one bill with its revisions.

    :raises Bill.DoesNotExist: not a bill of this organization.
    """
    bill = Bill.objects.select_related("source", "current_revision").get(pk=bill_id)
    revisions = list(bill.revisions.order_by("-number"))
    books = books_of(bill.billing_period, at=at)
    tie = next((one for one in books.ties if one.revision.bill_id == bill.id), None)
    return BillPage(
        shell=shell,
        id=bill.id,
        source_id=bill.source_id,
        source_name=bill.source.name,
        source_is_in_use=bill.source.removed_at is None,
        billing_period=bill.billing_period,
        revisions=tuple(
            _revision_row(revision, before=before, current_id=bill.current_revision_id)
            for revision, before in zip_longest(revisions, revisions[1:])
        ),
        tie_out=_tie_out(bill, visibility=visibility) if bill.current_revision else None,
        comparison=comparison_part(revisions, query=query),
        findings=_findings(bill.current_revision, query=query),
        state=BILL_STATES[tie.state] if tie else None,
        invoices=tuple(invoice_row(one, books, bill_id=bill.id) for one in tie.invoices) if tie else (),
        in_other_sources=_in_other_sources(bill.current_revision) if bill.current_revision else (),
    )


def _in_other_sources(revision: BillRevision) -> tuple[InOtherSourceRow, ...]:
    told = revision.in_other_sources
    keys = {one["source"] for one in told}
    names = dict(BillSource.objects.filter(key__in=keys).values_list("key", "name"))
    return tuple(
        InOtherSourceRow(
            source_name=names.get(one["source"], one["source"]),
            match=one["match"],
            is_left_out=one["is_left_out"],
            currency=one["currency"],
            count=one["count"],
            amount=one["amount"],
        )
        for one in told
    )


def _findings(revision: BillRevision | None, *, query: BillQuery) -> FindingsPart | None:
    return findings_part(findings_of_revision(revision), query=query) if revision else None


def _tie_out(bill: Bill, *, visibility: Visibility) -> TieOut:
    """Hold the sums of the files, of what is stored and of the ledger against each other, each added up anew."""
    revision = bill.current_revision
    if revision is None:
        raise Bill.DoesNotExist
    stored = stored_sums(revision)
    run = run_in_force(bill.billing_period)
    is_allocated = run is not None and run.revisions.get(str(bill.source_id)) == str(revision.id)
    ledger = _ledger_sums(bill, visibility=visibility) if is_allocated else {}
    currencies = sorted({*revision.file_totals, *revision.totals, *(stored or {}), *ledger})
    return TieOut(
        rows=tuple(
            TieOutRow(
                currency=currency,
                file_total=Decimal(text) if (text := revision.file_totals.get(currency)) is not None else None,
                stored_total=stored[currency].billed_cost if stored and currency in stored else None,
                allocated_total=ledger.get(currency, Decimal(0)) if is_allocated else None,
            )
            for currency in currencies
        ),
        row_count=sum(file["row_count"] or 0 for file in revision.files),
        stored_count=sum(one.charge_count for one in stored.values()) if stored is not None else None,
        is_allocated=is_allocated,
    )


def _ledger_sums(bill: Bill, *, visibility: Visibility) -> dict[str, Decimal]:
    cells = mart(bill.billing_period, visibility=visibility).filter(source_id=bill.source_id)
    return dict(cells.values_list("billing_currency").annotate(total=Sum("billed_cost")).order_by("billing_currency"))


def _revision_row(revision: BillRevision, *, before: BillRevision | None, current_id: UUID | None) -> RevisionRow:
    return RevisionRow(
        number=revision.number,
        is_current=revision.id == current_id,
        delivery=revision.delivery,
        delivered_as=revision.delivered_as,
        fingerprint=revision.fingerprint,
        imported_at=revision.imported_at,
        row_count=revision.row_count,
        totals=total_rows(revision.totals),
        changes=total_rows(_changes(revision.totals, before.totals)) if before else (),
        files=tuple(
            FileRow(
                number=number,
                name=file["name"],
                size=file["size"],
                sha256=file["sha256"],
                row_count=file["row_count"],
            )
            for number, file in enumerate(revision.files)
        ),
    )


def _changes(
    after: Mapping[str, Mapping[str, str | None]], before: Mapping[str, Mapping[str, str | None]]
) -> dict[str, dict[str, str]]:
    return {
        currency: {
            column: str(
                Decimal(after.get(currency, {}).get(column) or 0) - Decimal(before.get(currency, {}).get(column) or 0)
            )
            for column in COST_COLUMNS
        }
        for currency in {*after, *before}
    }

"""From a bill and its revisions to its page: what changed, whether it adds up, and what was found."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Final
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When

from allocation.selectors import Visibility, mart, run_in_force
from ingestion.focus.attributes import COST_COLUMNS
from ingestion.models import Bill, BillRevision, Finding
from ingestion.revisions import stored_sums
from ingestion.selectors import SEVERITIES
from ingestion.tie_out import books_of
from itfm.core.inert import inert
from itfm.web.bills.build import finding_row, total_rows
from itfm.web.bills.comparing import comparison_part
from itfm.web.bills.page import (
    BILL_STATES,
    BillPage,
    FileRow,
    FindingCode,
    FindingsPart,
    RevisionRow,
    TieOut,
    TieOutRow,
)
from itfm.web.bills.query import BillQuery
from itfm.web.invoices.build import invoice_row
from itfm.web.shell.page import Shell

FINDINGS_PER_PAGE: Final = 50


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
        findings=_findings_part(bill.current_revision, query=query) if bill.current_revision else None,
        state=BILL_STATES[tie.state] if tie else None,
        invoices=tuple(invoice_row(one, books, bill_id=bill.id) for one in tie.invoices) if tie else (),
    )


def findings_of_revision(revision: BillRevision, *, query: BillQuery) -> QuerySet[Finding]:
    """Return what was found in a revision, and in its delivery as a whole, the most severe first."""
    names = [file["name"] for file in revision.files]
    # A delivery of several bills tells of its files; only the file says which bill that concerns.
    shared = Q(revision__isnull=True, run_id=revision.run_id) & (Q(file="") | Q(file__in=names))
    found = Finding.objects.filter(Q(revision=revision) | shared)
    if query.severity:
        found = found.filter(severity=query.severity)
    if query.code:
        found = found.filter(code=query.code)
    return found


def findings_csv(revision: BillRevision, *, query: BillQuery) -> Iterator[bytes]:
    """Return findings as CSV in parts; a text that a spreadsheet would run gets an apostrophe before it."""
    yield _csv_line(("severity", "code", "message", "file", "row", "column"))
    for severity in SEVERITIES:
        found = findings_of_revision(revision, query=query).filter(severity=severity).order_by("number")
        for one in found:
            yield _csv_line((one.severity, one.code, one.message, one.file, one.row, one.column))


def _csv_line(cells: Iterable[object]) -> bytes:
    line = io.StringIO()
    texts = ["" if cell is None else str(cell) for cell in cells]
    csv.writer(line).writerow([inert(text) for text in texts])
    return line.getvalue().encode()


def _findings_part(revision: BillRevision, *, query: BillQuery) -> FindingsPart:
    everything = findings_of_revision(revision, query=BillQuery())
    codes = everything.values("severity", "code").annotate(count=Count("id")).order_by("code")
    ranked = sorted(codes, key=lambda code: (SEVERITIES.index(code["severity"]), code["code"]))
    found = findings_of_revision(revision, query=query)
    count = found.count()
    pages = max(-(-count // FINDINGS_PER_PAGE), 1)
    page = min(query.page, pages)
    first = (page - 1) * FINDINGS_PER_PAGE
    return FindingsPart(
        rows=tuple(finding_row(one) for one in _ranked(found)[first : first + FINDINGS_PER_PAGE]),
        count=count,
        page=page,
        pages=pages,
        severity=query.severity,
        code=query.code,
        codes=tuple(FindingCode(**code) for code in ranked),  # type: ignore[arg-type]
    )


def _ranked(found: QuerySet[Finding]) -> QuerySet[Finding]:
    # "error" < "info" < "warning" in the alphabet, so the order is spelled out.
    rank = Case(*(When(severity=name, then=Value(place)) for place, name in enumerate(SEVERITIES)), default=Value(9))
    return found.order_by(rank, "number", "id")


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

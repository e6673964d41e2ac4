"""From an uploaded file to its page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms

from ingestion.models import Bill, BillUpload
from ingestion.services import KINDS
from itfm.core.periods import parse_period
from itfm.web.bills.build import total_rows
from itfm.web.bills.page import FindingRow
from itfm.web.shell.page import Shell
from itfm.web.uploads.page import ColumnRow, UploadedBill, UploadedList, UploadPage, UploadPart


def upload_page(upload: BillUpload, form: forms.Form, reading: forms.Form, *, shell: Shell) -> UploadPage:
    """Return what is known of an uploaded file."""
    preview = upload.preview
    bills = preview.get("bills", [])
    billed = _billed_by(parse_period(bill["billing_period"]) for bill in bills)
    return UploadPage(
        shell=shell,
        id=upload.id,
        file_name=upload.file_name,
        kind_name=KINDS[upload.kind].label,
        size=upload.size,
        sha256=upload.sha256,
        state=upload.state,  # type: ignore[arg-type]
        error_message=upload.error_message,
        part=upload_part(upload),
        columns=tuple(
            ColumnRow(title=column["title"], targets=tuple(column["targets"]), values=tuple(column["values"]))
            for column in preview.get("columns", [])
        ),
        bills=tuple(
            UploadedBill(
                billing_period=parse_period(bill["billing_period"]),
                row_count=bill["row_count"],
                totals=total_rows(bill["totals"]),
                also_billed_by=tuple(billed[parse_period(bill["billing_period"])]),
            )
            for bill in bills
        ),
        findings=tuple(FindingRow(**finding) for finding in preview.get("findings", [])),
        finding_count=preview.get("finding_count", 0),
        form=form,
        reading=reading if reading.fields else None,
        recommendations=_recommendations(preview.get("list")),
    )


def _recommendations(seen: dict[str, Any] | None) -> UploadedList | None:
    if seen is None:
        return None
    return UploadedList(
        count=seen["count"],
        told_on=date.fromisoformat(seen["told_on"]) if seen["told_on"] else None,
        savings=tuple((currency, Decimal(amount)) for currency, amount in seen["savings"].items()),
    )


def upload_part(upload: BillUpload) -> UploadPart:
    """Return how far reading an uploaded file is."""
    return UploadPart(id=upload.id, step=upload.step, progress_ratio=upload.progress_ratio)


def _billed_by(periods: Iterable[date]) -> dict[date, list[str]]:
    found: dict[date, list[str]] = defaultdict(list)
    bills = Bill.objects.filter(billing_period__in=list(periods), current_revision__isnull=False)
    for period, name in bills.order_by("source__name").values_list("billing_period", "source__name"):
        found[period].append(name)
    return found

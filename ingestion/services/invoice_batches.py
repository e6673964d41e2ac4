"""Reading and writing many invoices with their lines in a few statements: a file may have a hundred thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from ingestion.models import Invoice
from ingestion.models import InvoiceLine as LineRow
from ingestion.payables.facts import InvoiceFacts, InvoiceLine

BATCH: Final = 2_000
LINE_FIELDS: Final = tuple(InvoiceLine.__dataclass_fields__)
WRITTEN: Final = (
    *(name for name in InvoiceFacts.__dataclass_fields__ if name != "lines"),
    "origin",
    "file_name",
    "changed_at",
)
"""What a file may change of an invoice."""


def lines_of_each(invoices: Iterable[Invoice]) -> Mapping[UUID, tuple[InvoiceLine, ...]]:
    """Return the lines of invoices that have some, in their order."""
    found: dict[UUID, list[InvoiceLine]] = defaultdict(list)
    for some in _batches(invoice.pk for invoice in invoices):
        rows = LineRow.objects.filter(invoice_id__in=some).order_by("invoice_id", "position")
        for invoice_id, *values in rows.values_list("invoice_id", *LINE_FIELDS):
            found[invoice_id].append(InvoiceLine(**dict(zip(LINE_FIELDS, values, strict=True))))
    return {invoice_id: tuple(lines) for invoice_id, lines in found.items()}


def write_invoices(added: Sequence[Invoice], changed: Sequence[Invoice]) -> None:
    """Store new invoices, and what changed of others, each of which stands there once."""
    Invoice.objects.bulk_create(added, batch_size=BATCH)
    # Rows are all there and locked: as conflicts they are written in one statement, which an UPDATE of many is not.
    Invoice.objects.bulk_create(
        changed, batch_size=BATCH, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )


def write_lines(lines: Mapping[Invoice, Sequence[InvoiceLine]], *, had_some: Iterable[UUID]) -> None:
    """Give invoices these lines in place of those they had."""
    for some in _batches(had_some):
        LineRow.objects.filter(invoice_id__in=some).delete()
    rows = (
        LineRow(organization_id=invoice.organization_id, invoice=invoice, position=position, **vars(line))
        for invoice, own in lines.items()
        for position, line in enumerate(own)
    )
    while batch := list(islice(rows, BATCH)):
        LineRow.objects.bulk_create(batch)


def _batches(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    left = iter(ids)
    while some := list(islice(left, BATCH)):
        yield some

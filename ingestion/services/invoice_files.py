"""Taking in files of invoices, and looking at what one would change: a row per invoice, or FOCUS Invoice Detail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ingestion.payables.invoice_files import InvoiceFile, invoices_of
from ingestion.services.invoices import InvoiceError, PlannedInvoice, plan_invoices, take_in_invoices
from ingestion.services.kept import TakenIn
from ingestion.services.payable_files import RefusedFileError, read_file
from itfm.audit.services import Actor


def take_in_file(chunks: Iterable[bytes], *, name: str, organization_id: UUID, by: Actor, at: datetime) -> TakenIn:
    """Keep all invoices of a file, or none. The same file twice changes nothing.

    :raises RefusedFileError: something in it cannot be read, or cannot be so.
    """
    found = _read(chunks, name=name, organization_id=organization_id)
    try:
        return take_in_invoices(
            found.invoices, organization_id=organization_id, columns=found.columns, file_name=name, by=by, at=at
        )
    except InvoiceError as error:
        raise RefusedFileError([f"{name}: {error}"]) from error


def look_at_file(chunks: Iterable[bytes], *, name: str, organization_id: UUID) -> tuple[PlannedInvoice, ...]:
    """Return what taking in a file would do to each of its invoices; changes nothing.

    :raises RefusedFileError: it would be refused.
    """
    found = _read(chunks, name=name, organization_id=organization_id)
    try:
        return plan_invoices(found.invoices, columns=found.columns)
    except InvoiceError as error:
        raise RefusedFileError([f"{name}: {error}"]) from error


def _read(chunks: Iterable[bytes], *, name: str, organization_id: UUID) -> InvoiceFile:
    read = read_file(chunks, name=name, organization_id=organization_id)
    found = invoices_of(name, read.titles, read.rows)
    if found.problems:
        raise RefusedFileError(found.problems)
    return found

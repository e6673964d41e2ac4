"""Taking in files of purchase orders, and looking at what one would change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ingestion.payables.order_files import OrderFile, orders_of
from ingestion.services.kept import TakenIn
from ingestion.services.payable_files import RefusedFileError, read_file
from ingestion.services.purchase_orders import PlannedOrder, PurchaseOrderError, plan_orders, take_in_orders
from itfm.audit.services import Actor


def take_in_order_file(
    chunks: Iterable[bytes], *, name: str, organization_id: UUID, by: Actor, at: datetime
) -> TakenIn:
    """Keep all purchase orders of a file, or none. The same file twice changes nothing.

    :raises RefusedFileError: something in it cannot be read, or cannot be so.
    """
    found = _read(chunks, name=name, organization_id=organization_id)
    try:
        return take_in_orders(
            found.orders, organization_id=organization_id, columns=found.columns, file_name=name, by=by, at=at
        )
    except PurchaseOrderError as error:
        raise RefusedFileError([f"{name}: {error}"]) from error


def look_at_order_file(chunks: Iterable[bytes], *, name: str, organization_id: UUID) -> tuple[PlannedOrder, ...]:
    """Return what taking in a file would do to each of its orders; changes nothing.

    :raises RefusedFileError: it would be refused.
    """
    found = _read(chunks, name=name, organization_id=organization_id)
    try:
        return plan_orders(found.orders, columns=found.columns)
    except PurchaseOrderError as error:
        raise RefusedFileError([f"{name}: {error}"]) from error


def _read(chunks: Iterable[bytes], *, name: str, organization_id: UUID) -> OrderFile:
    read = read_file(chunks, name=name, organization_id=organization_id)
    found = orders_of(name, read.titles, read.rows)
    if found.problems:
        raise RefusedFileError(found.problems)
    return found

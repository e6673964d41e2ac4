"""Keeping purchase orders: typed in or from files; each change is written down with what was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from ingestion.models import PurchaseOrder
from ingestion.payables.order_facts import OrderFacts, OrderStatus, order_key, order_problems
from ingestion.services.kept import Planned, TakenIn, differences, record_file, told
from itfm.audit.services import Actor, record

PlannedOrder = Planned[OrderFacts, PurchaseOrder]


class PurchaseOrderError(ValueError):
    """An order cannot be kept so; the message says why and what to do, `field` what of it is meant."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@transaction.atomic
def enter_order(facts: OrderFacts, *, organization_id: UUID, by: Actor, at: datetime) -> tuple[PurchaseOrder, bool]:
    """Keep an order that somebody typed in and return it with whether it is new; the same is kept once.

    :raises PurchaseOrderError: something of it cannot be so, or its number is taken by one that says something else.
    """
    check_order(facts)
    before = order_of(facts.vendor, facts.number)
    if before is not None:
        if facts_of_order(before) == facts:
            return before, False
        raise PurchaseOrderError(f"Purchase order {before} is there already. Change that one instead.", field="number")
    order = _new(facts, organization_id=organization_id, by=by, at=at)
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError as error:
        message = f"Purchase order {order} has just been entered. Look at that one first."
        raise PurchaseOrderError(message, field="number") from error
    _record("purchase_order.entered", order, by=by, changes=told(facts.fields()))
    return order, True


@transaction.atomic
def change_order(order: PurchaseOrder, facts: OrderFacts, *, by: Actor, at: datetime) -> PurchaseOrder:
    """Have an order say something else. What it says already changes nothing.

    :raises PurchaseOrderError: something of it cannot be so, or its number is taken.
    """
    locked = PurchaseOrder.objects.select_for_update().get(pk=order.pk)
    check_order(facts)
    other = order_of(facts.vendor, facts.number)
    if other is not None and other.pk != locked.pk:
        message = f"Purchase order {other} is there already. Its number tells an order of a vendor apart."
        raise PurchaseOrderError(message, field="number")
    changes = differences(facts_of_order(locked).fields(), facts.fields())
    if changes:
        try:
            with transaction.atomic():
                _write(locked, facts, at=at)
        except IntegrityError as error:
            message = f"Purchase order {facts.number} of {facts.vendor} has just been entered. Look at that one first."
            raise PurchaseOrderError(message, field="number") from error
        _record("purchase_order.changed", locked, by=by, changes=changes)
    return locked


@transaction.atomic
def close_order(order: PurchaseOrder, *, by: Actor, at: datetime) -> PurchaseOrder:
    """Have nothing more expected of an order. Closing one twice changes nothing."""
    return _set_status(order, "closed", action="purchase_order.closed", by=by, at=at)


@transaction.atomic
def reopen_order(order: PurchaseOrder, *, by: Actor, at: datetime) -> PurchaseOrder:
    """Have a closed order stand by what is billed again. Doing it twice changes nothing."""
    return _set_status(order, "open", action="purchase_order.reopened", by=by, at=at)


@transaction.atomic
def delete_order(order: PurchaseOrder, *, by: Actor) -> None:
    """Forget an order; the audit log keeps what it said. Invoices go on naming its number."""
    locked = PurchaseOrder.objects.select_for_update().get(pk=order.pk)
    _record("purchase_order.deleted", locked, by=by, changes=told(facts_of_order(locked).fields()))
    locked.delete()


def plan_orders(orders: Sequence[OrderFacts], *, columns: frozenset[str]) -> tuple[PlannedOrder, ...]:
    """Return what taking in the orders of a file would do, in their order; changes nothing.

    :param columns: fields that the file tells of; the others stay as they are.
    :raises PurchaseOrderError: something cannot be so.
    """
    known = {(one.vendor_key, one.number_key): one for one in _named_like(orders)}
    return tuple(_planned(one, known.get(one.key), columns=columns) for one in orders)


@transaction.atomic
def take_in_orders(
    orders: Sequence[OrderFacts],
    *,
    organization_id: UUID,
    columns: frozenset[str],
    file_name: str,
    by: Actor,
    at: datetime,
) -> TakenIn:
    """Keep all orders of a file, or none: new ones are added, known ones say what the file does.

    A file that says what is known changes nothing.

    :param columns: fields that the file tells of; the others stay as they are.
    :raises PurchaseOrderError: something cannot be so, or somebody has just entered one of them.
    """
    list(_named_like(orders).select_for_update())
    plan = plan_orders(orders, columns=columns)
    _carry_out(plan, organization_id=organization_id, file_name=file_name[:200], by=by, at=at)
    return record_file("purchase_orders.taken_in", plan, organization_id=organization_id, file_name=file_name, by=by)


def check_order(facts: OrderFacts) -> None:
    """Hold an order against what can be.

    :raises PurchaseOrderError: something of it cannot be so.
    """
    for name, message in order_problems(facts):
        raise PurchaseOrderError(f"{name.replace('_', ' ').capitalize()} {message}", field=name)


def order_of(vendor: str, number: str) -> PurchaseOrder | None:
    """Return the order of a number, whatever its capitals and spaces."""
    vendor_key, number_key = order_key(vendor, number)
    return PurchaseOrder.objects.filter(vendor_key=vendor_key, number_key=number_key).first()


def facts_of_order(order: PurchaseOrder) -> OrderFacts:
    """Return what a kept order says."""
    return OrderFacts(**{name: getattr(order, name) for name in OrderFacts.__dataclass_fields__})


def _named_like(orders: Sequence[OrderFacts]) -> QuerySet[PurchaseOrder]:
    """Return kept orders that have the number of one of these, among them perhaps those of other vendors."""
    return PurchaseOrder.objects.filter(number_key__in={one.key[1] for one in orders}).order_by("id")


def _planned(given: OrderFacts, before: PurchaseOrder | None, *, columns: frozenset[str]) -> PlannedOrder:
    check_order(given)
    name = f"{given.number} of {given.vendor}"
    if before is None:
        return Planned(name=name, facts=given, deed="added", changes=told(given.fields()))
    said = facts_of_order(before)
    facts = replace(given, **{name: value for name, value in said.fields().items() if name not in columns})
    check_order(facts)
    changes = differences(said.fields(), facts.fields())
    return Planned(name=name, facts=facts, deed="changed" if changes else "unchanged", changes=changes, before=before)


def _carry_out(plan: Sequence[PlannedOrder], *, organization_id: UUID, file_name: str, by: Actor, at: datetime) -> None:
    new = []
    for one in plan:
        if one.deed == "unchanged":
            continue
        order = one.before or _new(one.facts, organization_id=organization_id, by=by, at=at)
        order.file_name = file_name
        if one.before is None:
            new.append(order)
        else:
            _write(order, one.facts, at=at)
    try:
        with transaction.atomic():
            PurchaseOrder.objects.bulk_create(new, batch_size=1000)
    except IntegrityError as error:
        raise PurchaseOrderError("Somebody has just entered one of these orders. Send the file again.") from error


def _set_status(order: PurchaseOrder, status: OrderStatus, *, action: str, by: Actor, at: datetime) -> PurchaseOrder:
    locked = PurchaseOrder.objects.select_for_update().get(pk=order.pk)
    if locked.status != status:
        before, locked.status, locked.changed_at = locked.status, status, at
        locked.save(update_fields=["status", "changed_at"])
        _record(action, locked, by=by, changes={"status": [before, status]})
    return locked


def _new(facts: OrderFacts, *, organization_id: UUID, by: Actor, at: datetime) -> PurchaseOrder:
    order = PurchaseOrder(
        organization_id=organization_id, entered_by=by.name[:200], entered_at=at, changed_at=at, **facts.fields()
    )
    order.vendor_key, order.number_key = facts.key
    return order


def _write(order: PurchaseOrder, facts: OrderFacts, *, at: datetime) -> None:
    for name, value in facts.fields().items():
        setattr(order, name, value)
    order.vendor_key, order.number_key = facts.key
    order.changed_at = at
    order.save()


def _record(action: str, order: PurchaseOrder, *, by: Actor, changes: Mapping[str, Any]) -> None:
    record(
        action,
        organization_id=order.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=f"purchase order {order}",
        changes=changes,
    )

"""Purchase orders, and what the invoices that name them have drawn from each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

from rest_framework import serializers

from ingestion.models import Invoice, PurchaseOrder
from ingestion.payables.drawing import OrderState, UnknownOrder
from ingestion.payables.order_facts import ORDER_STATUSES, OrderFacts, order_key, order_problems
from ingestion.purchase_orders import (
    Standing,
    invoices_of_order,
    purchase_orders,
    standings,
    unknown_order_numbers,
    with_invoices,
)
from ingestion.services.kept import TakenIn, counted
from ingestion.services.order_files import look_at_order_file, take_in_order_file
from ingestion.services.payable_files import MAX_BYTES, RefusedFileError
from ingestion.services.purchase_orders import (
    PurchaseOrderError,
    change_order,
    delete_order,
    enter_order,
    facts_of_order,
)
from itfm.api.fields import Choice, Day, Exact, Form, Text
from itfm.api.operations import Call, Resource, etag_of, operation
from itfm.api.paging import Page, PageQuery, page_of, page_of_sequence
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.invoices import FileQuery, InvoiceAnswer, TakenInAnswer, file_problem, reconciled

TAG = ["Purchase orders"]
STATES = get_args(OrderState)
ORDER = ("-order_date", "vendor", "number", "id")


class PurchaseOrdersQuery(PageQuery):
    """Which orders."""

    state = Choice(choices=STATES, required=False, help_text="Only orders that stand so today.")
    vendor = Text(max_length=200, required=False, help_text="Only orders of this vendor; capitals do not count.")


class InOtherCurrencyAnswer(Form):
    """What invoices in another currency than the order's come to, which is never added."""

    currency = Text()
    billed = Exact(help_text="Of issued invoices, without tax that their lines tell apart.")
    invoice_count = serializers.IntegerField()


class PurchaseOrderAnswer(Form):
    """What was ordered from a vendor, and what its invoices have drawn from it."""

    id = serializers.UUIDField(source="order.id")
    vendor = Text(source="order.vendor", help_text="Issuer of its invoices.")
    number = Text(source="order.number")
    currency = Text(source="order.currency")
    amount = Exact(source="order.amount", help_text="What was ordered, without tax.")
    order_date = Day(source="order.order_date")
    start_date = Day(source="order.start_date", allow_null=True, help_text="First day that it covers.")
    end_date = Day(source="order.end_date", allow_null=True, help_text="Last day that it covers.")
    description = Text(source="order.description")
    cost_center = Text(source="order.cost_center", help_text="As it stands on the order.")
    status = Choice(source="order.status", choices=ORDER_STATUSES, help_text="By hand.")
    state = Choice(source="drawing.state", choices=STATES, help_text="How it stands today.")
    billed = Exact(
        source="drawing.billed", help_text="By issued invoices that name it, in its currency, without `tax`."
    )
    remaining = Exact(source="drawing.remaining", help_text="Below zero where more was billed than ordered.")
    percent = Exact(source="drawing.percent", help_text="How much of it was billed, cut to tenths.")
    invoice_count = serializers.IntegerField(source="drawing.invoice_count", help_text="Invoices in `billed`.")
    tax = Exact(source="drawing.tax", help_text="That the lines of these invoices tell apart.")
    not_issued = Exact(source="drawing.not_issued", help_text="Of invoices that are not issued yet; not in `billed`.")
    not_issued_count = serializers.IntegerField(source="drawing.not_issued_count")
    in_other_currencies = InOtherCurrencyAnswer(source="drawing.in_other_currencies", many=True)
    file_name = Text(source="order.file_name", help_text="The file it came with last; empty where it was entered.")
    entered_by = Text(source="order.entered_by")
    entered_at = serializers.DateTimeField(source="order.entered_at")
    changed_at = serializers.DateTimeField(source="order.changed_at")


class NamingInvoiceAnswer(Form):
    """An invoice that names an order."""

    id = serializers.UUIDField()
    number = Text()


class UnknownPurchaseOrderAnswer(Form):
    """A number that invoices name and no order of their issuer has."""

    issuer = Text(source="named.issuer")
    number = Text(source="named.number")
    currency = Text(source="named.currency")
    billed = Exact(source="named.billed", help_text="By issued invoices, without tax that their lines tell apart.")
    invoice_count = serializers.IntegerField(source="named.invoice_count")
    not_issued = Exact(source="named.not_issued")
    not_issued_count = serializers.IntegerField(source="named.not_issued_count")
    vendors = serializers.ListField(child=Text(), help_text="Vendors that have an order of this number.")
    invoices = NamingInvoiceAnswer(many=True, help_text="Those that name it in this currency.")


class PurchaseOrderForm(Form):
    """An order to keep."""

    vendor = Text(max_length=200, help_text="As its invoices name their issuer.")
    number = Text(max_length=200, help_text="Capitals and spaces tell no orders apart.")
    currency = Text(max_length=3, help_text="ISO 4217, such as EUR.")
    amount = Exact(help_text="What was ordered, without tax.")
    order_date = Day()
    start_date = Day(required=False, allow_null=True, help_text="First day that it covers.")
    end_date = Day(required=False, allow_null=True, help_text="Last day that it covers.")
    description = Text(max_length=500, allow_blank=True, required=False)
    cost_center = Text(max_length=200, allow_blank=True, required=False, help_text="As it stands on the order.")
    status = Choice(choices=ORDER_STATUSES, default="open")


class PurchaseOrderChangeForm(Form):
    """What to change of an order; what is left out stays."""

    vendor = Text(max_length=200, required=False)
    number = Text(max_length=200, required=False)
    currency = Text(max_length=3, required=False)
    amount = Exact(required=False)
    order_date = Day(required=False)
    start_date = Day(required=False, allow_null=True)
    end_date = Day(required=False, allow_null=True)
    description = Text(max_length=500, allow_blank=True, required=False)
    cost_center = Text(max_length=200, allow_blank=True, required=False)
    status = Choice(choices=ORDER_STATUSES, required=False, help_text="Closed: nothing more is expected of it.")


class PurchaseOrders(Resource):
    """All purchase orders."""

    @operation(
        "bills.read",
        query=PurchaseOrdersQuery,
        answers=PurchaseOrderAnswer,
        is_list=True,
        operation_id="list_purchase_orders",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[Standing]:
        """List purchase orders with what invoices have drawn from each, newest first."""
        found, today = purchase_orders(), call.at.date()
        if "vendor" in call.query:
            found = found.filter(vendor_key=order_key(call.query["vendor"], "")[0])
        if "state" in call.query:
            asked = [one.order.pk for one in standings(found, today=today) if one.drawing.state == call.query["state"]]
            found = found.filter(pk__in=asked)
        page = page_of(found, order=ORDER, query=call.query)
        return Page(rows=standings(page.rows, today=today), next_cursor=page.next_cursor)

    @operation(
        "invoices.write",
        body=PurchaseOrderForm,
        answers=PurchaseOrderAnswer,
        status=201,
        operation_id="create_purchase_order",
        tags=TAG,
    )
    def post(self, call: Call) -> Reply:
        """Keep a purchase order. The same order is kept once."""
        facts = OrderFacts(**call.body)
        _hold(facts)
        try:
            made, _ = enter_order(facts, organization_id=call.organization.id, by=call.actor, at=call.at)
        except PurchaseOrderError as error:
            raise ProblemError("conflict", str(error)) from error
        return _told(made, call, status=201, headers={"Location": f"/api/v1/purchase-orders/{made.id}"})


class PurchaseOrderFiles(Resource):
    """Files of purchase orders."""

    @operation(
        "invoices.write",
        query=FileQuery,
        file_bytes=MAX_BYTES,
        answers=TakenInAnswer,
        operation_id="take_in_purchase_orders",
        tags=TAG,
    )
    def post(self, call: Call) -> TakenIn:
        """Keep all orders of a file, or none: `errors` name file, row and column. The same again changes nothing.

        The body is the file, with a row per order.
        """
        named: dict[str, Any] = {"name": call.query["name"], "organization_id": call.organization.id}
        try:
            if call.query["dry_run"] == "true":
                return counted(look_at_order_file([call.file], **named))
            return take_in_order_file([call.file], by=call.actor, at=call.at, **named)
        except RefusedFileError as error:
            raise file_problem(error) from error


class UnknownPurchaseOrders(Resource):
    """Numbers on invoices that no order has."""

    @operation(
        "bills.read",
        answers=UnknownPurchaseOrderAnswer,
        is_list=True,
        operation_id="list_unknown_purchase_orders",
        tags=TAG,
    )
    def get(self, call: Call) -> Page[UnknownOrder]:
        """List the numbers of purchase orders that invoices name and no order of their issuer has."""
        page = page_of_sequence(
            unknown_order_numbers(),
            name=lambda one: "/".join((*one.named.key, one.named.currency)),
            list_name="unknown-purchase-orders",
            query=call.query,
        )
        return replace(page, rows=with_invoices(page.rows))


class OnePurchaseOrder(Resource):
    """One purchase order."""

    @operation("bills.read", answers=PurchaseOrderAnswer, operation_id="read_purchase_order", tags=TAG)
    def get(self, call: Call, order_id: UUID) -> Reply:
        """Tell of one order and what is left of it. Its ETag is what a change must be made from."""
        return _told(_order(order_id), call)

    @operation(
        "invoices.write",
        body=PurchaseOrderChangeForm,
        answers=PurchaseOrderAnswer,
        is_versioned=True,
        operation_id="change_purchase_order",
        tags=TAG,
    )
    def patch(self, call: Call, order_id: UUID) -> Reply:
        """Have an order say something else; the audit log keeps what it said before."""
        found = _order(order_id, is_locked=True)
        call.expect(_etag(found))
        facts = replace(facts_of_order(found), **call.body)
        _hold(facts)
        try:
            return _told(change_order(found, facts, by=call.actor, at=call.at), call)
        except PurchaseOrderError as error:
            raise ProblemError("conflict", str(error)) from error

    @operation("invoices.write", status=204, operation_id="delete_purchase_order", tags=TAG)
    def delete(self, call: Call, order_id: UUID) -> Reply:
        """Forget an order; the audit log keeps what it said."""
        delete_order(_order(order_id), by=call.actor)
        return Reply(None, status=204)


class PurchaseOrderInvoices(Resource):
    """The invoices that name an order."""

    @operation("bills.read", answers=InvoiceAnswer, is_list=True, operation_id="list_purchase_order_invoices", tags=TAG)
    def get(self, call: Call, order_id: UUID) -> Page[Invoice]:
        """List the invoices that name an order, voided ones too, newest billing period first."""
        found = invoices_of_order(_order(order_id))
        page = page_of(found, order=("-billing_period", "issuer", "number", "id"), query=call.query)
        reconciled(page.rows, at=call.at)
        return page


def _hold(facts: OrderFacts) -> None:
    """Hold an order against what can be.

    :raises ProblemError: something of it cannot be so.
    """
    wrong = [FieldProblem(pointer=f"/{name}", detail=f"It {message}") for name, message in order_problems(facts)]
    if wrong:
        raise ProblemError("invalid", "The purchase order has fields that are wrong.", errors=wrong)


def _told(order: PurchaseOrder, call: Call, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    order.refresh_from_db()
    [found] = standings([order], today=call.at.date())
    return Reply(found, status=status, headers={**(headers or {}), "ETag": _etag(order)})


def _etag(order: PurchaseOrder) -> str:
    return etag_of(f"{order.id}/{order.changed_at.isoformat()}".encode())


def _order(order_id: UUID, *, is_locked: bool = False) -> PurchaseOrder:
    rows = PurchaseOrder.objects.select_for_update() if is_locked else PurchaseOrder.objects
    found = rows.filter(pk=order_id).first()
    if found is None:
        raise unknown("purchase order")
    return found

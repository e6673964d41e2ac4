"""The pages of purchase orders. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import PurchaseOrder
from ingestion.services.order_files import look_at_order_file, take_in_order_file
from ingestion.services.purchase_orders import (
    PurchaseOrderError,
    change_order,
    close_order,
    delete_order,
    enter_order,
    reopen_order,
)
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.web.invoices.uploading import FilePreview, upload
from itfm.web.orders.build import order_page, orders_page, orders_sheet
from itfm.web.orders.forms import OrderForm, prefilled_order
from itfm.web.orders.page import OrderFormPage, OrderUploadPage
from itfm.web.orders.query import parse_query
from itfm.web.sheets import KINDS
from itfm.web.shell.build import shell_of

_GONE = "There is no such purchase order."


@allow("bills.read")
@require_GET
def purchase_orders(request: TenantRequest) -> HttpResponse:
    """Show purchase orders with what was billed against each, and numbers that no order has."""
    page = orders_page(
        shell=shell_of(request, "bills"),
        address=request.GET.dict(),
        may_write=request.membership.may("invoices.write"),
        at=timezone.now(),
    )
    return render(request, "orders/page.html", {"page": page})


@allow("bills.read")
@require_GET
def purchase_orders_file(request: TenantRequest) -> HttpResponse:
    """Hand out all purchase orders that are asked for as a file."""
    kind = request.GET.get("format", "csv")
    if kind not in KINDS:
        raise Http404("There is no such format.")
    media_type, write = KINDS[kind]
    sheet = orders_sheet(parse_query(request.GET.dict()), at=timezone.now())
    response = HttpResponse(write(sheet), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="purchase-orders.{kind}"'
    return response


@allow("bills.read")
@require_GET
def purchase_order(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """Show one purchase order with the invoices that name it."""
    try:
        page = order_page(
            order_id,
            shell=shell_of(request, "bills"),
            may_write=request.membership.may("invoices.write"),
            at=timezone.now(),
        )
    except PurchaseOrder.DoesNotExist as error:
        raise Http404(_GONE) from error
    return render(request, "orders/order.html", {"page": page})


@allow("invoices.write")
@require_http_methods(["GET", "POST"])
def purchase_order_new(request: TenantRequest) -> HttpResponse:
    """Keep a purchase order that somebody types in."""
    if request.method == "GET":
        return _form(request, OrderForm(initial=prefilled_order(request.GET.dict())))
    form = OrderForm(request.POST)
    if form.is_valid():
        try:
            made, is_new = enter_order(
                form.facts(), organization_id=request.organization.id, by=actor_of(request), at=timezone.now()
            )
        except PurchaseOrderError as error:
            form.add_error(error.field or None, str(error))
        else:
            said = "is kept." if is_new else "was there already, and says the same."
            messages.success(request, f"Purchase order {made} {said}")
            return redirect("purchase_order", made.id)
    return _form(request, form, status=422)


@allow("invoices.write")
@require_http_methods(["GET", "POST"])
def purchase_order_upload(request: TenantRequest) -> HttpResponse:
    """Look at a file of purchase orders, or take it in, whole or not at all."""
    return upload(request, look=look_at_order_file, take=take_in_order_file, show=_upload, back="purchase_orders")


@allow("invoices.write")
@require_http_methods(["GET", "POST"])
def purchase_order_edit(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """Have a purchase order say something else."""
    found = _order(order_id)
    if request.method == "GET":
        return _form(request, OrderForm(order=found), order=found)
    form = OrderForm(request.POST, order=found)
    if form.is_valid():
        try:
            changed = change_order(found, form.facts(), by=actor_of(request), at=timezone.now())
        except PurchaseOrderError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, f"Purchase order {changed} is saved; the audit log has what it said before.")
            return redirect("purchase_order", found.id)
    return _form(request, form, order=found, status=422)


@allow("invoices.write")
@require_POST
def purchase_order_close(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """Have nothing more expected of a purchase order."""
    found = close_order(_order(order_id), by=actor_of(request), at=timezone.now())
    messages.success(request, f"Purchase order {found} is closed. You can open it again.")
    return redirect("purchase_order", found.id)


@allow("invoices.write")
@require_POST
def purchase_order_reopen(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """Have a closed purchase order stand by what is billed again."""
    found = reopen_order(_order(order_id), by=actor_of(request), at=timezone.now())
    messages.success(request, f"Purchase order {found} is open again.")
    return redirect("purchase_order", found.id)


@allow("invoices.write")
@require_POST
def purchase_order_delete(request: TenantRequest, order_id: UUID) -> HttpResponse:
    """Forget a purchase order."""
    found = _order(order_id)
    delete_order(found, by=actor_of(request))
    messages.success(request, f"Purchase order {found} is deleted; the audit log has what it said.")
    return redirect("purchase_orders")


def _upload(
    request: TenantRequest,
    problems: tuple[str, ...] = (),
    *,
    preview: FilePreview | None = None,
    status: int = 200,
) -> HttpResponse:
    page = OrderUploadPage(shell=shell_of(request, "bills"), problems=problems, preview=preview)
    return render(request, "orders/upload.html", {"page": page}, status=status)


def _form(
    request: TenantRequest, form: OrderForm, *, order: PurchaseOrder | None = None, status: int = 200
) -> HttpResponse:
    page = OrderFormPage(
        shell=shell_of(request, "bills"),
        form=form,
        id=order.id if order else None,
        name=str(order) if order else "",
    )
    return render(request, "orders/form.html", {"page": page}, status=status)


def _order(order_id: UUID) -> PurchaseOrder:
    found = PurchaseOrder.objects.filter(pk=order_id).first()
    if found is None:
        raise Http404(_GONE)
    return found

"""The pages of invoices. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import Invoice
from ingestion.services.invoice_files import look_at_file, take_in_file
from ingestion.services.invoices import (
    InvoiceError,
    change_invoice,
    enter_invoice,
    restore_invoice,
    void_invoice,
)
from ingestion.tie_out import sum_state
from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.core.periods import PeriodError, parse_period
from itfm.web.bills.page import BILL_STATES
from itfm.web.invoices.build import invoice_page, invoices_page
from itfm.web.invoices.forms import InvoiceForm, prefilled
from itfm.web.invoices.page import InvoiceFormPage, InvoiceUploadPage
from itfm.web.invoices.uploading import FilePreview, upload
from itfm.web.shell.build import shell_of

_GONE = "There is no such invoice."


@allow("bills.read")
@require_GET
def invoices(request: TenantRequest) -> HttpResponse:
    """Show invoices beside what the bills say, and what has no counterpart."""
    page = invoices_page(
        shell=shell_of(request, "bills"),
        address=request.GET.dict(),
        may_write=request.membership.may("invoices.write"),
        at=timezone.now(),
    )
    return render(request, "invoices/page.html", {"page": page})


@allow("overview.read")
@require_GET
def invoice_state(request: TenantRequest) -> HttpResponse:
    """Say how final a total is, as a part that pages with totals ask for once they are there."""
    try:
        first = parse_period(request.GET.get("period", ""))
        last = parse_period(request.GET.get("last") or request.GET.get("period", ""))
    except PeriodError as error:
        raise Http404(str(error)) from error
    found = sum_state(first, last, at=timezone.now())
    # Who may not read bills is not told how many there are either.
    counted = found if request.membership.may("bills.read") else None
    state = BILL_STATES[found.state] if found else None
    return render(request, "invoices/state.html", {"state": state, "counted": counted, "first": first})


@allow("bills.read")
@require_GET
def invoice(request: TenantRequest, invoice_id: UUID) -> HttpResponse:
    """Show one invoice beside its charges, line by line where it has lines."""
    try:
        page = invoice_page(
            invoice_id,
            shell=shell_of(request, "bills"),
            may_write=request.membership.may("invoices.write"),
            at=timezone.now(),
        )
    except Invoice.DoesNotExist as error:
        raise Http404(_GONE) from error
    return render(request, "invoices/invoice.html", {"page": page})


@allow("invoices.write")
@require_http_methods(["GET", "POST"])
def invoice_new(request: TenantRequest) -> HttpResponse:
    """Keep an invoice that somebody types in."""
    if request.method == "GET":
        return _form(request, InvoiceForm(initial=prefilled(request.GET.dict())))
    form = InvoiceForm(request.POST)
    if form.is_valid():
        try:
            made, is_new = enter_invoice(
                form.facts(), organization_id=request.organization.id, by=actor_of(request), at=timezone.now()
            )
        except InvoiceError as error:
            form.add_error(error.field or None, str(error))
        else:
            said = "is kept." if is_new else "was there already, and says the same."
            messages.success(request, f"Invoice {made} {said}")
            return redirect("invoice", made.id)
    return _form(request, form, status=422)


@allow("invoices.write")
@require_http_methods(["GET", "POST"])
def invoice_upload(request: TenantRequest) -> HttpResponse:
    """Look at a file of invoices, or take it in, whole or not at all."""
    return upload(request, look=look_at_file, take=take_in_file, show=_upload, back="invoices")


@allow("invoices.write")
@require_http_methods(["GET", "POST"])
def invoice_edit(request: TenantRequest, invoice_id: UUID) -> HttpResponse:
    """Have an invoice say something else."""
    found = _invoice(invoice_id)
    if request.method == "GET":
        return _form(request, InvoiceForm(invoice=found), invoice=found)
    form = InvoiceForm(request.POST, invoice=found)
    if form.is_valid():
        try:
            change_invoice(found, form.facts(), by=actor_of(request), at=timezone.now())
        except InvoiceError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, f"Invoice {form.facts().number} is saved; the audit log has what it said before.")
            return redirect("invoice", found.id)
    return _form(request, form, invoice=found, status=422)


@allow("invoices.write")
@require_POST
def invoice_void(request: TenantRequest, invoice_id: UUID) -> HttpResponse:
    """Have an invoice count no more."""
    found = void_invoice(_invoice(invoice_id), by=actor_of(request), at=timezone.now())
    messages.success(request, f"Invoice {found} is voided and counts no more. You can put it back.")
    return redirect("invoice", found.id)


@allow("invoices.write")
@require_POST
def invoice_restore(request: TenantRequest, invoice_id: UUID) -> HttpResponse:
    """Have a voided invoice count again."""
    found = restore_invoice(_invoice(invoice_id), by=actor_of(request), at=timezone.now())
    messages.success(request, f"Invoice {found} counts again, as {found.status}.")
    return redirect("invoice", found.id)


def _upload(
    request: TenantRequest,
    problems: tuple[str, ...] = (),
    *,
    preview: FilePreview | None = None,
    status: int = 200,
) -> HttpResponse:
    page = InvoiceUploadPage(shell=shell_of(request, "bills"), problems=problems, preview=preview)
    return render(request, "invoices/upload.html", {"page": page}, status=status)


def _form(
    request: TenantRequest, form: InvoiceForm, *, invoice: Invoice | None = None, status: int = 200
) -> HttpResponse:
    page = InvoiceFormPage(
        shell=shell_of(request, "bills"),
        form=form,
        id=invoice.id if invoice else None,
        name=str(invoice) if invoice else "",
    )
    return render(request, "invoices/form.html", {"page": page}, status=status)


def _invoice(invoice_id: UUID) -> Invoice:
    found = Invoice.objects.filter(pk=invoice_id).first()
    if found is None:
        raise Http404(_GONE)
    return found

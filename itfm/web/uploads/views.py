"""The pages of uploads. Parse, one call, answer; what is changed is written down."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import BillUpload
from ingestion.services.uploads import (
    UploadError,
    confirm_upload,
    discard_upload,
    known_reading,
    reread_upload,
    take_upload,
)
from itfm.accounts.access import TenantRequest, allow
from itfm.audit.services import record
from itfm.web.shell.build import shell_of
from itfm.web.uploads.build import upload_page, upload_part
from itfm.web.uploads.forms import UPLOADS, ConfirmForm, ReadingForm, UploadForm
from itfm.web.uploads.page import NewUploadPage


@allow("bills.pull")
@require_http_methods(["GET", "POST"])
def upload_new(request: TenantRequest) -> HttpResponse:
    """Take a file to the quarantine."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        kind, settings = form.reading()
        try:
            taken = take_upload(
                file.chunks(),
                organization_id=request.organization.id,
                name=file.name,
                kind=kind,
                settings=settings,
                uploaded_by=request.user.pk,
                at=timezone.now(),
            )
        except UploadError as error:
            form.add_error("file", str(error))
        else:
            _write_down(request, "upload.taken", taken, sha256=taken.sha256, size=taken.size)
            return redirect("upload", taken.id)
    page = NewUploadPage(shell=shell_of(request, "bills"), form=form)
    return render(request, "uploads/new.html", {"page": page}, status=422 if form.is_bound else 200)


@allow("bills.pull")
@require_GET
def upload(request: TenantRequest, upload_id: UUID) -> HttpResponse:
    """Show what an uploaded file holds; while it is read, the part that shows how far is asked for alone."""
    found = _upload(upload_id)
    if request.headers.get("HX-Request"):
        response = render(request, "uploads/progress.html", {"part": upload_part(found)})
        if found.state != BillUpload.State.RECEIVED:
            response["HX-Refresh"] = "true"
        return response
    if found.state == BillUpload.State.CONFIRMED:
        return redirect("bills")
    return _show(request, found, ConfirmForm(initial={"source_name": _usual_name(found)}))


@allow("bills.pull")
@require_POST
def upload_read(request: TenantRequest, upload_id: UUID) -> HttpResponse:
    """Have a file looked at once more, read another way."""
    found = _upload(upload_id)
    form = ReadingForm(request.POST, upload=found)
    if form.is_valid():
        try:
            reread_upload(found, settings=form.settings())
        except UploadError as error:
            form.add_error(None, str(error))
        else:
            _write_down(request, "upload.reading_changed", found, settings=form.settings())
            return redirect("upload", found.id)
    return _show(request, found, ConfirmForm(), reading=form, status=422)


@allow("bills.pull")
@require_POST
def upload_confirm(request: TenantRequest, upload_id: UUID) -> HttpResponse:
    """Queue the import of a file that was looked at."""
    found = _upload(upload_id)
    form = ConfirmForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["source_name"]
        try:
            confirm_upload(found, source_name=name, at=timezone.now())
        except UploadError as error:
            form.add_error(None, str(error))
        else:
            _write_down(request, "upload.confirmed", found, source=name, sha256=found.sha256)
            messages.success(request, f"{found.file_name} is being imported.")
            return redirect("bills")
    return _show(request, found, form, status=422)


@allow("bills.pull")
@require_POST
def upload_discard(request: TenantRequest, upload_id: UUID) -> HttpResponse:
    """Delete a file that was not confirmed."""
    found = _upload(upload_id)
    if found.state == BillUpload.State.CONFIRMED:
        raise Http404("There is no such upload.")
    _write_down(request, "upload.discarded", found)
    discard_upload(found)
    messages.success(request, f"{found.file_name} is deleted; nothing of it was kept.")
    return redirect("bills")


def _usual_name(found: BillUpload) -> str:
    source = known_reading(found)
    return source.name if source else str(found.settings.get("vendor") or UPLOADS)


def _show(
    request: TenantRequest,
    found: BillUpload,
    form: ConfirmForm,
    *,
    reading: ReadingForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = upload_page(found, form, reading or ReadingForm(upload=found), shell=shell_of(request, "bills"))
    return render(request, "uploads/upload.html", {"page": page}, status=status)


def _upload(upload_id: UUID) -> BillUpload:
    found = BillUpload.objects.filter(pk=upload_id).first()
    if found is None:
        raise Http404("There is no such upload.")
    return found


def _write_down(request: TenantRequest, action: str, upload: BillUpload, **changes: Any) -> None:
    record(
        action,
        organization_id=request.organization.id,
        actor_id=request.user.pk,
        actor_name=request.user.email,
        target=f"upload {upload.id}",
        summary=upload.file_name,
        changes=changes,
    )

"""The local mail pages; there are none where mail is really sent. Parse, one call, answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from itfm.accounts.access import P, TenantRequest, View, allow
from itfm.notify.sink import is_in_use, receipt_of
from itfm.web.letter_frame import framed
from itfm.web.mail.build import letter_html, letter_page, mail_page
from itfm.web.shell.build import shell_of

NO_LETTER = "There is no such letter."


def with_sink(view: View[P]) -> Callable[..., HttpResponse]:
    """Answer as if there were no such page where mail is not kept here."""

    @wraps(view)
    def enter(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_in_use():
            raise Http404("There is no such page.")
        return view(request, *args, **kwargs)

    return enter


@with_sink
@allow("organization.write")
@require_GET
def mail(request: TenantRequest) -> HttpResponse:
    """Show the organization's letters."""
    page = mail_page(shell=shell_of(request, "mail"), number=request.GET.get("page", ""))
    return render(request, "mail/page.html", {"page": page})


@with_sink
@allow("organization.write")
@require_GET
def mail_letter(request: TenantRequest, message_id: UUID) -> HttpResponse:
    """Show one letter."""
    page = letter_page(message_id, shell=shell_of(request, "mail"))
    if page is None:
        raise Http404(NO_LETTER)
    return render(request, "mail/letter.html", {"page": page})


@with_sink
@allow("organization.write")
@require_GET
def mail_html(request: TenantRequest, message_id: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a letter's HTML alone, for the frame in its page."""
    html = letter_html(message_id)
    if not html:
        raise Http404(NO_LETTER)
    return framed(html)


@with_sink
@allow("organization.write")
@require_GET
def mail_file(request: TenantRequest, message_id: UUID) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Hand out a letter as it was received, for a mail program."""
    receipt = receipt_of(message_id)
    if receipt is None:
        raise Http404(NO_LETTER)
    response = HttpResponse(receipt.path.read_bytes(), content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="{message_id}.eml"'
    return response

"""The pages of the monthly letters. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from itfm.accounts.access import TenantRequest, actor_of, allow, public
from itfm.core.periods import period_name
from itfm.notify.models import OutboxMessage
from itfm.notify.preferences import KINDS, UnsubscribeLinkError, subscribe_again, subscription_of, unsubscribe
from itfm.notify.services import queue_letter, send_again
from itfm.web.letter_frame import framed
from itfm.web.shell.build import shell_of
from itfm.web.showback.forms import ScheduleForm
from itfm.web.showback.letter import letter_of
from itfm.web.showback.letters_build import letters_page, preview_page, shown_html
from itfm.web.showback.page import UnsubscribePage
from itfm.web.showback.schedule import save_schedule, schedule_form
from itfm.web.showback.views import center_of, period_of
from showback.letters import KIND


@allow("showback.read")
@require_GET
def letter(request: TenantRequest, code: str) -> HttpResponse:
    """Show a cost center's letter as its owner gets it."""
    center, period = center_of(request, code), period_of(request)
    page = preview_page(center, shell=shell_of(request, "showback"), period=period, email=request.user.email)
    return render(request, "showback/letter.html", {"page": page})


@allow("showback.read")
@require_GET
def letter_html(request: TenantRequest, code: str) -> HttpResponse:
    """Answer the letter's HTML alone, for the frame in its page."""
    written = letter_of(center_of(request, code), period_of(request).shown, request.user.email)
    if written is None:
        raise Http404("There is no cost to write about.")
    return framed(shown_html(written))


@allow("showback.read")
@require_POST
def letter_test(request: TenantRequest, code: str) -> HttpResponse:
    """Send a cost center's letter to oneself."""
    center, period = center_of(request, code), period_of(request).shown
    written = letter_of(center, period, request.user.email)
    if written is None:
        messages.error(request, "This month has no cost to write about. Choose another one.")
    else:
        queue_letter(
            written,
            organization_id=request.organization.id,
            key=f"{KIND}-test/{uuid4()}",
            recipient=request.user.email,
        )
        messages.success(request, f"The letter is on its way to {request.user.email}.")
    response = redirect("letter", center.address)
    response["Location"] += f"?period={period_name(period)}"
    return response


@allow("showback.write")
@require_GET
def letters(request: TenantRequest) -> HttpResponse:
    """Show which letters went out, and when the next ones will."""
    return _letters(request, schedule_form(request))


def _letters(request: TenantRequest, form: ScheduleForm, *, status: int = 200) -> HttpResponse:
    page = letters_page(
        shell=shell_of(request, "showback"), form=form, number=request.GET.get("page", ""), at=timezone.now()
    )
    return render(request, "showback/letters.html", {"page": page}, status=status)


@allow("showback.write")
@require_POST
def letters_schedule(request: TenantRequest) -> HttpResponse:
    """Save when the letters go out."""
    refused = save_schedule(request)
    return _letters(request, refused, status=422) if refused else redirect("letters")


@allow("showback.write")
@require_POST
def letter_again(request: TenantRequest, message_id: UUID) -> HttpResponse:
    """Send a letter again that was given up."""
    if not OutboxMessage.objects.filter(pk=message_id, kind=KIND).exists():
        raise Http404("There is no such letter.")
    if send_again(message_id, by=actor_of(request)):
        messages.success(request, "The letter stands in the queue again.")
    else:
        messages.error(request, "Only a letter that failed is sent again; this one did not.")
    return redirect("letters")


@csrf_exempt
@public
@require_http_methods(["GET", "POST"])
def unsubscribe_page(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to stop letters of a kind, and stop them; also for a mail program's single click (RFC 8058)."""
    try:
        subscription = subscription_of(token)
    except UnsubscribeLinkError as error:
        page = UnsubscribePage(token=token, error=str(error))
        return render(request, "showback/unsubscribe.html", {"page": page}, status=404)
    is_again = request.POST.get("again") == "yes"
    if request.method == "POST" and is_again:
        subscribe_again(subscription)
    elif request.method == "POST":
        unsubscribe(subscription, at=timezone.now())
    page = UnsubscribePage(
        token=token,
        email=subscription.email,
        kind_name=KINDS.get(subscription.kind, subscription.kind),
        answer="" if request.method == "GET" else "again" if is_again else "stopped",
    )
    return render(request, "showback/unsubscribe.html", {"page": page})

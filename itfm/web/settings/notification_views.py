"""The page of notifications. Parse, one call, answer."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from itfm.accounts.access import TenantRequest, allow
from itfm.notify.preferences import subscribe_again, unsubscribe
from itfm.notify.services import queue_letter
from itfm.web.settings.forms import WishesForm
from itfm.web.settings.notification_build import notifications_page, subscription_to, test_letter, wishes_of
from itfm.web.shell.build import shell_of
from itfm.web.showback.schedule import save_schedule, schedule_form


@allow("organization.read")
@require_GET
def notifications(request: TenantRequest) -> HttpResponse:
    """Show which letters go out, and which of them the member wants."""
    return _notifications(request, schedule_form(request) if request.membership.may("showback.write") else None)


def _notifications(request: TenantRequest, schedule_form: Form | None, *, status: int = 200) -> HttpResponse:
    email = request.user.email
    page = notifications_page(
        shell=shell_of(request, "settings"),
        membership=request.membership,
        email=email,
        schedule_form=schedule_form,
        wishes_form=WishesForm(initial=wishes_of(request.organization, email)),
        at=timezone.now(),
    )
    return render(request, "settings/notifications.html", {"page": page}, status=status)


@allow("organization.read")
@require_POST
def notifications_wishes(request: TenantRequest) -> HttpResponse:
    """Save which letters the member wants."""
    form = WishesForm(request.POST)
    form.full_clean()
    for kind, is_wanted in form.cleaned_data.items():
        subscription = subscription_to(kind, request.organization, request.user.email)
        if is_wanted:
            subscribe_again(subscription)
        else:
            unsubscribe(subscription, at=timezone.now())
    messages.success(request, "Your choice is saved.")
    return redirect("notifications")


@allow("showback.write")
@require_POST
def notifications_schedule(request: TenantRequest) -> HttpResponse:
    """Save when the monthly letters go out."""
    refused = save_schedule(request)
    return _notifications(request, refused, status=422) if refused else redirect("notifications")


@allow("organization.read")
@require_POST
def notifications_test(request: TenantRequest) -> HttpResponse:
    """Send the member a letter, to see that letters arrive."""
    email = request.user.email
    letter = test_letter(request.organization, email)
    queue_letter(letter, organization_id=request.organization.id, key=f"test/{uuid4()}", recipient=email)
    messages.success(request, f"A test letter is on its way to {email}.")
    return redirect("notifications")

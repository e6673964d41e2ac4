"""One's own account: how one logs in, and from where. Parse, one call, answer."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from itfm.accounts.access import SignedInRequest, current_membership, signed_in
from itfm.web.settings.account_build import account_page
from itfm.web.shell.build import shell_of_person


@signed_in
@require_GET
def settings_security(request: SignedInRequest) -> HttpResponse:
    """Show how the person logs in; reachable without a second factor, so that one can be set up."""
    page = account_page(
        shell=shell_of_person(request, "settings"),
        membership=current_membership(request),
        user=request.user,
        session_key=request.session.session_key,
    )
    return render(request, "settings/account.html", {"page": page})


@signed_in
@require_POST
def sessions_end(request: SignedInRequest) -> HttpResponse:
    """Log the person out everywhere else, or in the one place named."""
    others = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    chosen = request.POST.get("session", "")
    if chosen:
        others = others.filter(pk=int(chosen)) if chosen.isdecimal() and len(chosen) < 19 else others.none()
    ended = list(others)
    for session in ended:
        session.end()
    messages.success(request, f"Logged out in {len(ended)} other {'place' if len(ended) == 1 else 'places'}.")
    return redirect("settings_security")

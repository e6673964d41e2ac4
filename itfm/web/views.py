"""The pages: parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ingestion.models import Bill, BillSource
from ingestion.services import request_import
from itfm.accounts.access import SESSION_KEY, SignedInRequest, TenantRequest, allow, public, signed_in
from itfm.accounts.forms import INVITATION, InvitationForm
from itfm.accounts.models import Invitation
from itfm.accounts.services import (
    InvitationError,
    accept_invitation,
    invite,
    memberships_of,
    open_invitation,
)
from itfm.core.periods import PeriodError, parse_period
from itfm.core.policy import Role
from itfm.notify.services import queue_message
from itfm.web import bills as bill_pages
from itfm.web.overview import overview_page
from itfm.web.pages import InvitationPage, OrganizationsPage
from itfm.web.people import members_page
from itfm.web.shell import choices, shell_of
from itfm.web.visibility import visibility_of


@public
@require_GET
def home(_request: HttpRequest) -> HttpResponse:
    """Lead to the Overview, by way of the login where needed."""
    return redirect("overview")


@allow("overview.read")
@require_GET
def overview(request: TenantRequest) -> HttpResponse:
    """Show where the money of a billing period went."""
    text = request.GET.get("period", "")
    try:
        period = parse_period(text) if text else None
    except PeriodError as error:
        raise Http404(str(error)) from error
    page = overview_page(
        shell=shell_of(request, "overview"),
        period=period,
        visibility=visibility_of(request.membership),
        may_read_bills=request.membership.may("bills.read"),
        at=timezone.now(),
    )
    return render(request, "web/overview.html", {"page": page})


@allow("bills.read")
@require_GET
def bills(request: TenantRequest) -> HttpResponse:
    """Show where bills come from, what has arrived, and what is wrong with it."""
    page = bill_pages.bills_page(
        shell=shell_of(request, "bills"), may_pull=request.membership.may("bills.pull"), at=timezone.now()
    )
    return render(request, "web/bills.html", {"page": page})


@allow("bills.read")
@require_GET
def bills_running(request: TenantRequest) -> HttpResponse:
    """Show the imports that wait or run; when the last one is over, the whole page is due again."""
    part = bill_pages.running_part()
    response = render(request, "web/bills.html#running", {"page": part, "part": part})
    if not part.runs:
        response["HX-Refresh"] = "true"
    return response


@allow("bills.read")
@require_GET
def bill(request: TenantRequest, bill_id: UUID) -> HttpResponse:
    """Show one bill with its revisions and findings."""
    try:
        page = bill_pages.bill_page(bill_id, shell=shell_of(request, "bills"))
    except Bill.DoesNotExist as error:
        raise Http404("There is no such bill.") from error
    return render(request, "web/bill.html", {"page": page})


@allow("bills.pull")
@require_POST
def pull(request: TenantRequest, source_id: UUID) -> HttpResponse:
    """Queue an import of a source."""
    source = BillSource.objects.filter(pk=source_id).first()
    if source is None:
        raise Http404("There is no such source.")
    _, is_new = request_import(source, trigger="person", at=timezone.now())
    messages.success(
        request, f"{source.name}: import queued." if is_new else f"{source.name} is being imported already."
    )
    return redirect("bills")


@allow("members.read")
@require_GET
def members(request: TenantRequest) -> HttpResponse:
    """Show who belongs here."""
    form = InvitationForm() if request.membership.may("members.invite") else None
    page = members_page(shell=shell_of(request, "members"), user=request.user, form=form, at=timezone.now())
    return render(request, "web/members.html", {"page": page})


@allow("members.invite")
@require_POST
def invite_member(request: TenantRequest) -> HttpResponse:
    """Save an invitation and send its letter."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        page = members_page(shell=shell_of(request, "members"), user=request.user, form=form, at=timezone.now())
        return render(request, "web/members.html", {"page": page}, status=422)
    invitation, token = invite(
        form.cleaned_data["email"],
        organization=request.organization,
        role=Role(form.cleaned_data["role"]),
        scopes=form.cleaned_data["scopes"],
        invited_by=request.user,
        at=timezone.now(),
    )
    _send_invitation(invitation, token=token, request=request)
    messages.success(request, f"Invitation to {invitation.email} is on its way.")
    return redirect("members")


def _send_invitation(invitation: Invitation, *, token: str, request: TenantRequest) -> None:
    page = InvitationPage(
        token=token,
        organization_name=request.organization.name,
        role=Role(invitation.role),
        invited_email=invitation.email,
        invited_by=str(request.user),
        expires_at=invitation.expires_at,
    )
    context = {"page": page, "url": settings.SITE_URL.rstrip("/") + reverse("invitation", args=[token])}
    queue_message(
        organization_id=request.organization.id,
        key=f"invitation/{invitation.id}",
        recipient=invitation.email,
        subject=f"Join {request.organization.name}",
        text=render_to_string("email/invitation.txt", context),
        html=render_to_string("email/invitation.html", context),
    )


@public
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show an invitation and, from the person invited, accept it."""
    request.session.pop(INVITATION, None)
    now = timezone.now()
    email = request.user.email if request.user.is_authenticated else ""
    try:
        found = open_invitation(token, at=now)
        if request.method == "POST" and request.user.is_authenticated:
            organization = accept_invitation(token, user=request.user, at=now)
            request.session[SESSION_KEY] = str(organization.id)
            return redirect("overview")
    except InvitationError as error:
        page = InvitationPage(token=token, person_email=email, error=str(error))
        return render(request, "organizations/invitation.html", {"page": page}, status=404)
    if not email:
        request.session[INVITATION] = token
    page = InvitationPage(
        token=token,
        organization_name=found.organization.name,
        role=Role(found.role),
        invited_email=found.email,
        invited_by=str(found.invited_by or ""),
        expires_at=found.expires_at,
        person_email=email,
    )
    return render(request, "organizations/invitation.html", {"page": page})


@signed_in
@require_http_methods(["GET", "POST"])
def organizations(request: SignedInRequest) -> HttpResponse:
    """Let the person choose which of their organizations to work in."""
    memberships = memberships_of(request.user)
    if request.method == "POST":
        chosen = request.POST.get("organization", "")
        if chosen not in {str(membership.organization_id) for membership in memberships}:
            raise Http404("There is no such organization.")
        request.session[SESSION_KEY] = chosen
        return redirect("overview")
    page = OrganizationsPage(organizations=choices(memberships), person_email=request.user.email)
    return render(request, "organizations/choose.html", {"page": page})

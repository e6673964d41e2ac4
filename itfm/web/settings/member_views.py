"""The pages of members and invitations. Parse, one call, answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.accounts.forms import InvitationForm
from itfm.accounts.members import (
    MemberError,
    add_scope,
    change_role,
    remove_member,
    remove_scope,
    restore_member,
    transfer_ownership,
)
from itfm.accounts.models import FormerMember, Invitation, Membership, Scope
from itfm.accounts.services import (
    InvitationError,
    MembershipExistsError,
    invite,
    renew_invitation,
    withdraw_invitation,
)
from itfm.core.policy import Role
from itfm.web.settings.build import member_page, members_page
from itfm.web.settings.letters import send_invitation
from itfm.web.settings.page import ConfirmationPage
from itfm.web.settings.suggestions import scope_dimensions
from itfm.web.shell.build import shell_of

LONGEST_SEARCH = 200


@allow("members.read")
@require_GET
def members(request: TenantRequest) -> HttpResponse:
    """Show who belongs here, one part at a time."""
    return _members(request, InvitationForm() if request.membership.may("members.invite") else None)


def _members(request: TenantRequest, form: InvitationForm | None, *, status: int = 200) -> HttpResponse:
    page = members_page(
        shell=shell_of(request, "settings"),
        user=request.user,
        search=request.GET.get("q", "").strip()[:LONGEST_SEARCH],
        number=request.GET.get("page", ""),
        form=form,
        may_write=request.membership.may("members.write"),
        at=timezone.now(),
    )
    return render(request, "settings/members.html", {"page": page}, status=status)


@allow("members.invite")
@require_POST
def invite_member(request: TenantRequest) -> HttpResponse:
    """Save an invitation and send its letter."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _members(request, form, status=422)
    try:
        invitation, token = invite(
            form.cleaned_data["email"],
            organization=request.organization,
            role=Role(form.cleaned_data["role"]),
            scopes=form.cleaned_data["scopes"],
            by=actor_of(request),
            at=timezone.now(),
        )
    except MembershipExistsError as error:
        form.add_error("email", str(error))
        return _members(request, form, status=422)
    send_invitation(invitation, token=token, invited_by=str(request.user))
    messages.success(request, f"Invitation to {invitation.email} is on its way.")
    return redirect("members")


@allow("members.invite")
@require_POST
def invitation_renew(request: TenantRequest, invitation_id: UUID) -> HttpResponse:
    """Send an invitation once more, with a new link."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    try:
        token = renew_invitation(invitation, by=actor_of(request), at=timezone.now())
    except InvitationError as error:
        messages.error(request, str(error))
        return redirect("members")
    send_invitation(invitation, token=token, invited_by=str(request.user))
    messages.success(request, f"A new letter to {invitation.email} is on its way; the link in the old one is void.")
    return redirect("members")


@allow("members.invite")
@require_POST
def invitation_withdraw(request: TenantRequest, invitation_id: UUID) -> HttpResponse:
    """Make an invitation's link worthless."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    withdraw_invitation(invitation, by=actor_of(request))
    messages.success(request, f"The invitation of {invitation.email} is withdrawn. To undo it, invite them again.")
    return redirect("members")


@allow("members.read")
@require_GET
def member(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Show one member; as a part, what a search for scopes finds."""
    try:
        page = member_page(
            member_id,
            shell=shell_of(request, "settings"),
            reader=request.membership,
            dimension=request.GET.get("dimension", ""),
            text=request.GET.get("q", "").strip()[:LONGEST_SEARCH],
            may_write=request.membership.may("members.write"),
        )
    except Membership.DoesNotExist as error:
        raise Http404("There is no such member.") from error
    template = "settings/member.html#found" if request.headers.get("HX-Request") else "settings/member.html"
    return render(request, template, {"page": page})


@allow("members.write")
@require_POST
def member_role(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Give a member another role."""
    found = get_object_or_404(Membership, pk=member_id)
    role = request.POST.get("role", "")
    if role not in set(Role):
        messages.error(request, "Choose one of the roles in the list.")
        return redirect("member", member_id)
    try:
        change_role(found, role=Role(role), by=actor_of(request), by_role=Role(request.membership.role))
    except MemberError as error:
        messages.error(request, str(error))
        return redirect("member", member_id)
    messages.success(request, f"The role is now {role}.")
    return redirect("members") if found.pk == request.membership.pk else redirect("member", member_id)


@allow("members.write")
@require_POST
def member_scope_add(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Let a member see one more part of the cost."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member_id)
    dimension, value = request.POST.get("dimension", ""), request.POST.get("value", "").strip()
    if dimension not in dict(scope_dimensions()) or not 0 < len(value) <= LONGEST_SEARCH:
        messages.error(request, "Search for a cost center or a value, then choose it from the list.")
    elif add_scope(found, dimension=dimension, value=value, by=actor_of(request)):
        messages.success(request, f"{found.user} now sees {dimension} = {value}.")
    return redirect("member", member_id)


@allow("members.write")
@require_POST
def member_scope_remove(request: TenantRequest, scope_id: UUID) -> HttpResponse:
    """Take a part of the cost out of a member's sight."""
    scope = get_object_or_404(Scope, pk=scope_id)
    remove_scope(scope, by=actor_of(request))
    messages.success(request, f"{scope} is taken away. To undo it, add it again.")
    return redirect("member", scope.membership_id)


@allow("members.write")
@require_http_methods(["GET", "POST"])
def member_remove(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Ask whether to remove a member, and do it."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member_id)
    if request.method == "POST":
        try:
            remove_member(found, by=actor_of(request), by_role=Role(request.membership.role), at=timezone.now())
        except MemberError as error:
            messages.error(request, str(error))
            return redirect("member", member_id)
        messages.success(request, f"{found.user} is removed. You can bring them back within 30 days, below.")
        return redirect("members")
    page = ConfirmationPage(
        shell=shell_of(request, "settings"),
        tab="members",
        question=f"Remove {found.user}?",
        consequences=(
            f"{found.user.email} sees nothing of {request.organization.name} from the next click on.",
            "Role and scopes are kept for 30 days; until then one click brings them back.",
            "What they have set up for others stays, and the audit log keeps their name.",
        ),
        action=f"Remove {found.user}",
        back=reverse("member", args=[member_id]),
    )
    return render(request, "settings/confirmation.html", {"page": page})


@allow("members.write")
@require_POST
def member_restore(request: TenantRequest, former_id: UUID) -> HttpResponse:
    """Undo a removal."""
    former = get_object_or_404(FormerMember.objects.select_related("user"), pk=former_id)
    try:
        restored = restore_member(
            former, by=actor_of(request), by_role=Role(request.membership.role), at=timezone.now()
        )
    except MemberError as error:
        messages.error(request, str(error))
        return redirect("members")
    messages.success(request, f"{restored.user} is back, as {restored.role}.")
    return redirect("members")


@allow("organization.transfer")
@require_http_methods(["GET", "POST"])
def member_transfer(request: TenantRequest, member_id: UUID) -> HttpResponse:
    """Ask whether to hand the organization over to a member, and do it."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member_id)
    name = request.organization.name
    if request.method == "POST":
        try:
            transfer_ownership(request.organization, owner=request.membership, to=found, by=actor_of(request))
        except MemberError as error:
            messages.error(request, str(error))
            return redirect("member", member_id)
        messages.success(request, f"{found.user} owns {name} now; you are an admin.")
        return redirect("members")
    page = ConfirmationPage(
        shell=shell_of(request, "settings"),
        tab="members",
        question=f"Hand {name} over to {found.user}?",
        consequences=(
            f"{found.user.email} becomes owner and may do everything, also remove you.",
            "You become an admin. Only the new owner can make you owner again.",
        ),
        action=f"Hand over to {found.user}",
        back=reverse("member", args=[member_id]),
    )
    return render(request, "settings/confirmation.html", {"page": page})

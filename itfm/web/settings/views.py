"""The pages of the organization and of one's own account. Parse, one call, answer."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from itfm.accounts.access import SESSION_KEY, TenantRequest, actor_of, allow
from itfm.accounts.members import MemberError, leave
from itfm.accounts.organizations import ClosingError, change_organization, close_organization
from itfm.web.settings.build import closing_page, organization_page
from itfm.web.settings.forms import ClosingForm, OrganizationForm
from itfm.web.settings.page import ConfirmationPage
from itfm.web.shell.build import shell_of


@allow("organization.read")
@require_GET
def settings(request: TenantRequest) -> HttpResponse:
    """Show the organization's own settings."""
    organization = request.organization
    initial = {
        "name": organization.name,
        "time_zone": organization.time_zone,
        "requires_second_factor": organization.requires_second_factor,
        "engine": organization.engine,
    }
    form = OrganizationForm(initial=initial, has_second_factor=True)
    return _organization(request, form if request.membership.may("organization.write") else None)


def _organization(request: TenantRequest, form: OrganizationForm | None, *, status: int = 200) -> HttpResponse:
    page = organization_page(
        shell=shell_of(request, "settings"),
        organization=request.organization,
        membership=request.membership,
        form=form,
    )
    return render(request, "settings/organization.html", {"page": page}, status=status)


@allow("organization.write")
@require_POST
def settings_save(request: TenantRequest) -> HttpResponse:
    """Save the organization's own settings."""
    form = OrganizationForm(request.POST, has_second_factor=is_mfa_enabled(request.user))
    if not form.is_valid():
        return _organization(request, form, status=422)
    is_changed = change_organization(request.organization, **form.cleaned_data, by=actor_of(request))
    messages.success(request, "The settings are saved." if is_changed else "Nothing was changed.")
    return redirect("settings")


@allow("organization.read")
@require_http_methods(["GET", "POST"])
def settings_leave(request: TenantRequest) -> HttpResponse:
    """Ask whether to leave the organization, and do it."""
    name = request.organization.name
    if request.method == "POST":
        try:
            leave(request.membership, by=actor_of(request), at=timezone.now())
        except MemberError as error:
            messages.error(request, str(error))
            return redirect("settings")
        request.session.pop(SESSION_KEY, None)
        messages.success(request, f"You have left {name}.")
        return redirect("organizations")
    page = ConfirmationPage(
        shell=shell_of(request, "settings"),
        tab="settings",
        question=f"Leave {name}?",
        consequences=(
            "You see none of its costs any more, on any device.",
            "What you have set up for others stays.",
            "An owner or admin can bring you back within 30 days, or invite you again.",
        ),
        action=f"Leave {name}",
        back=reverse("settings"),
    )
    return render(request, "settings/confirmation.html", {"page": page})


@allow("organization.close")
@require_http_methods(["GET", "POST"])
def settings_close(request: TenantRequest) -> HttpResponse:
    """Ask whether to close the organization, have its slug typed, and do it."""
    organization = request.organization
    form = ClosingForm(request.POST or None, slug=organization.slug)
    if request.method == "POST" and form.is_valid():
        try:
            close_organization(organization, slug=form.cleaned_data["slug"], by=actor_of(request), at=timezone.now())
        except ClosingError as error:
            form.add_error("slug", str(error))
        else:
            request.session.pop(SESSION_KEY, None)
            messages.success(request, f"{organization.name} is closed.")
            return redirect("organizations")
    page = closing_page(shell=shell_of(request, "settings"), organization=organization, form=form)
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/confirmation.html", {"page": page}, status=status)

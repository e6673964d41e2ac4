"""The pages of API keys. Parse, one call, answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from itfm.accounts.access import TenantRequest, actor_of, allow
from itfm.accounts.keys import KeyGrant, KeyGrantError, KeyStateError, create_key, revoke_key, rotate_key
from itfm.accounts.models import ApiKey
from itfm.core.policy import Role
from itfm.web.settings.forms import KeyForm
from itfm.web.settings.key_build import keys_page
from itfm.web.settings.page import ConfirmationPage, NewSecret
from itfm.web.shell.build import shell_of


@allow("keys.read")
@require_GET
def keys(request: TenantRequest) -> HttpResponse:
    """Show which programs may act for the organization."""
    return _keys(request, KeyForm() if request.membership.may("keys.write") else None)


def _keys(
    request: TenantRequest, form: KeyForm | None, *, secret: NewSecret | None = None, status: int = 200
) -> HttpResponse:
    page = keys_page(shell=shell_of(request, "settings"), form=form, secret=secret, at=timezone.now())
    return render(request, "settings/keys.html", {"page": page}, status=status)


@allow("keys.write")
@require_POST
def key_create(request: TenantRequest) -> HttpResponse:
    """Save a key and show its secret in this one answer, which nothing keeps."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _keys(request, form, status=422)
    days = form.cleaned_data["days"]
    try:
        key, secret = create_key(
            form.cleaned_data["name"],
            organization_id=request.organization.id,
            grant=KeyGrant(
                role=Role(form.cleaned_data["role"]),
                permissions=tuple(form.cleaned_data["permissions"]) or None,
                scopes=tuple(form.cleaned_data["scopes"]),
            ),
            giver=request.membership,
            by=actor_of(request),
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
    except KeyGrantError as error:
        form.add_error(None, str(error))
        return _keys(request, form, status=422)
    return _keys(request, KeyForm(), secret=NewSecret(name=key.name, secret=secret), status=201)


@allow("keys.write")
@require_POST
def key_rotate(request: TenantRequest, key_id: UUID) -> HttpResponse:
    """Make a successor and show its secret; the old key lives on for a while."""
    key = get_object_or_404(ApiKey, pk=key_id)
    try:
        successor, secret = rotate_key(key, giver=request.membership, by=actor_of(request), at=timezone.now())
    except (KeyStateError, KeyGrantError) as error:
        messages.error(request, str(error))
        return redirect("keys")
    replaced = ApiKey.objects.get(pk=key.pk)
    return _keys(
        request,
        KeyForm(),
        secret=NewSecret(name=successor.name, secret=secret, old_key_expires_at=replaced.expires_at),
        status=201,
    )


@allow("keys.write")
@require_http_methods(["GET", "POST"])
def key_revoke(request: TenantRequest, key_id: UUID) -> HttpResponse:
    """Ask whether to revoke a key, and do it."""
    key = get_object_or_404(ApiKey, pk=key_id)
    if request.method == "POST":
        revoke_key(key, by=actor_of(request), at=timezone.now())
        messages.success(request, f"{key} is revoked.")
        return redirect("keys")
    page = ConfirmationPage(
        shell=shell_of(request, "settings"),
        tab="keys",
        question=f"Revoke {key}?",
        consequences=(
            "Programs that present it are refused from the next request on.",
            "This cannot be undone. To replace a key without a gap, rotate it instead.",
        ),
        action="Revoke the key",
        back=reverse("keys"),
    )
    return render(request, "settings/confirmation.html", {"page": page})

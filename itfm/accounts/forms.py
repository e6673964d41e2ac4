"""What people type when they sign up, invite or choose."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.http import HttpRequest

from itfm.accounts.models import User
from itfm.accounts.services import create_organization
from itfm.core.policy import Role

INVITATION = "invitation"
"""Session key of the token of an invitation being accepted."""
LONGEST_DIMENSION, LONGEST_VALUE = 60, 200


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """A new person: who founds an organization, unless an invitation brought them here."""

    organization_name = forms.CharField(
        label="Organization name",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    field_order = ("organization_name", "email", "password1", "password2")

    def clean(self) -> dict[str, Any]:
        """Ask for the organization's name when there is no invitation to accept."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        request = getattr(self, "request", None)
        is_invited = bool(request and request.session.get(INVITATION))
        if not is_invited and not (cleaned.get("organization_name") or "").strip():
            self.add_error("organization_name", "Name the organization whose costs you will manage.")
        return cleaned

    def save(self, request: HttpRequest) -> User:
        """Save the person and, without an invitation, the organization they own."""
        user: User = super().save(request)
        if not request.session.get(INVITATION):
            create_organization(self.cleaned_data["organization_name"].strip(), owner=user)
        return user


class InvitationForm(forms.Form):
    """Whom to invite, as what, and what they may see."""

    email = forms.EmailField(widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(
        choices=[(role.value, role.value.capitalize()) for role in Role if role != Role.OWNER],
        initial=Role.VIEWER.value,
    )
    scopes = forms.CharField(
        required=False,
        help_text="For engineers and viewers: what they may see, one per line, for example cost_center = 1100",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_scopes(self) -> list[tuple[str, str]]:
        """Return (dimension, value) per line.

        :raises forms.ValidationError: naming the line that has no equals sign.
        """
        return parsed_scopes(self.cleaned_data["scopes"])


def parsed_scopes(text: str) -> list[tuple[str, str]]:
    """Return (dimension, value) per line of a text.

    :raises forms.ValidationError: naming the line that has no equals sign.
    """
    scopes = []
    lines = (line.strip() for line in text.splitlines())
    for number, line in enumerate((line for line in lines if line), start=1):
        dimension, equals, value = (part.strip() for part in line.partition("="))
        if not (equals and dimension and value):
            raise forms.ValidationError(f"Line {number}: write dimension = value, for example team = Payments.")
        if len(dimension) > LONGEST_DIMENSION or len(value) > LONGEST_VALUE:
            raise forms.ValidationError(
                f"Line {number} is too long: at most {LONGEST_DIMENSION} letters before the equals sign and"
                f" {LONGEST_VALUE} after it."
            )
        scopes.append((dimension, value))
    return scopes

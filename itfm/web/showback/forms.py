"""What people type on the showback pages."""

from __future__ import annotations

from django import forms


class OwnerForm(forms.Form):
    """Who gets a cost center's letter."""

    owner_email = forms.EmailField(
        label="Owner's e-mail",
        required=False,
        max_length=254,
        help_text="The monthly letter goes there, whether or not the owner has a login here.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

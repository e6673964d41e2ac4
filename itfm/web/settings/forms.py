"""What people type on the settings pages."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from django import forms

from allocation import engines
from itfm.accounts.forms import parsed_scopes
from itfm.core.policy import Role
from itfm.notify.preferences import KINDS
from itfm.web.settings.page import PERMISSION_WORDS

TIME_ZONES: Final = tuple(sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"))


class OrganizationForm(forms.Form):
    """The organization's own settings."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"}))
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=[(zone, zone.replace("_", " ")) for zone in TIME_ZONES],
        help_text="Times on pages are shown in this zone. Billing periods stay as providers bill them, in UTC.",
    )
    requires_second_factor = forms.BooleanField(
        label="Members need a second factor to enter", required=False, widget=forms.CheckboxInput()
    )

    def __init__(self, *args: Any, has_second_factor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_second_factor = has_second_factor
        self.fields["engine"] = forms.ChoiceField(
            label="Allocate with",
            required=False,
            choices=engines.choices(),
            help_text="Every engine gives the same numbers. Spark is for bills too large for one machine.",
        )

    def clean_requires_second_factor(self) -> bool:
        """Refuse to lock out whoever asks for it.

        :raises forms.ValidationError: the person has no second factor themselves.
        """
        wanted: bool = self.cleaned_data["requires_second_factor"]
        if wanted and not self.has_second_factor:
            raise forms.ValidationError("Set up a second factor for yourself first, under Your account.")
        return wanted


class WishesForm(forms.Form):
    """Which letters a member wants: a box for each kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, name in KINDS.items():
            self.fields[kind] = forms.BooleanField(label=name, required=False)


class ClosingForm(forms.Form):
    """Says once more which organization is meant."""

    slug = forms.CharField(
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].label = f"Type {slug} to confirm"


PERSONS_ONLY: Final = frozenset({"organization.transfer", "organization.close"})
"""Permissions that no operation of the API asks for."""


class KeyForm(forms.Form):
    """What a program may do, see, and for how long."""

    name = forms.CharField(
        max_length=80,
        help_text="The program that will use it, for example: nightly export",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        choices=[(role.value, role.value.capitalize()) for role in Role], initial=Role.VIEWER.value
    )
    permissions = forms.MultipleChoiceField(
        label="May only",
        required=False,
        choices=[(name, words) for name, words in PERMISSION_WORDS.items() if name not in PERSONS_ONLY],
        help_text="Tick what it needs, of what its role may do. Nothing ticked: all its role may do.",
        widget=forms.CheckboxSelectMultiple,
    )
    scopes = forms.CharField(
        required=False,
        help_text="What it may see, one per line, for example cost_center = 1100. Left empty: what the role sees.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    days = forms.TypedChoiceField(
        label="Expires",
        coerce=int,
        choices=[(30, "In 30 days"), (90, "In 90 days"), (365, "In a year"), (0, "Never")],
        initial=90,
    )

    def clean_scopes(self) -> list[tuple[str, str]]:
        """Return (dimension, value) per line.

        :raises forms.ValidationError: naming the line that has no equals sign.
        """
        return parsed_scopes(self.cleaned_data["scopes"])

"""What people type on the showback pages."""

from __future__ import annotations

from typing import Final

from django import forms

from itfm.web.settings.forms import TIME_ZONES
from showback.schedule import MOST_BUSINESS_DAYS

ORDINALS: Final = {1: "1st", 2: "2nd", 3: "3rd"}


class OwnerForm(forms.Form):
    """Who gets a cost center's letter."""

    owner_email = forms.EmailField(
        label="Owner's e-mail",
        required=False,
        max_length=254,
        help_text="The monthly letter goes there, whether or not the owner has a login here.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class ScheduleForm(forms.Form):
    """When the monthly letters go out."""

    is_on = forms.BooleanField(label="Send the letters each month", required=False)
    business_day = forms.TypedChoiceField(
        label="Business day of the month after",
        coerce=int,
        choices=[(day, ORDINALS.get(day, f"{day}th")) for day in range(1, MOST_BUSINESS_DAYS + 1)],
        help_text="Mondays to Fridays count. Letters wait for the last bill, however late it comes.",
    )
    hour = forms.TypedChoiceField(
        label="Hour", coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)], initial=9
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=[(zone, zone.replace("_", " ")) for zone in TIME_ZONES])

"""What people tell when they upload a bill, and when they confirm it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings as project

from ingestion.services import KINDS

DEFAULT_CURRENCY: Final = "default_currency"


class UploadForm(forms.Form):
    """A file and what kind of bill it is."""

    kind = forms.ChoiceField(label="Kind of bill", choices=lambda: [(key, KINDS[key].label) for key in KINDS])
    file = forms.FileField(
        help_text="CSV, gzipped CSV, XLSX or Parquet.",
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz,.xlsx,.parquet"}),
    )
    default_currency = forms.RegexField(
        regex=r"^[A-Z]{3}$",
        required=False,
        label="Currency, where the file names none",
        help_text="Three letters such as EUR; only a FOCUS file can lack it.",
        error_messages={"invalid": "Write three capital letters, for example EUR."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = f"{project.UPLOAD_BYTES >> 20:,} MB"
        self.fields["file"].help_text = f"CSV, gzipped CSV, XLSX or Parquet, up to {limit}."
        self.fields["file"].error_messages["required"] = f"Choose a file of up to {limit}. Larger ones were not taken."

    def settings(self) -> dict[str, str]:
        """Return the settings of the kind that were given."""
        currency = self.cleaned_data["default_currency"]
        takes_currency = DEFAULT_CURRENCY in KINDS[self.cleaned_data["kind"]].params.model_fields
        return {DEFAULT_CURRENCY: currency} if currency and takes_currency else {}


class ConfirmForm(forms.Form):
    """Under which name an uploaded bill is kept."""

    source_name = forms.CharField(
        label="Source",
        max_length=80,
        initial="Uploads",
        help_text="Bills uploaded under one name belong together: a later file for the same month takes the place of"
        " the one before.",
    )

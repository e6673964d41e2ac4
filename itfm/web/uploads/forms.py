"""What people tell when they upload a bill, how it is read, and when they confirm it."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings as project
from django.http import QueryDict
from pydantic import ValidationError

from ingestion.models import BillSource, BillUpload
from ingestion.services import KINDS
from itfm.web.setting_fields import setting_field

LIKE: Final = "source:"
"""Before the id of a source whose bills the file is like."""
NO_COLUMN: Final = "-"
UPLOADS: Final = "Uploads"


def kind_choices() -> list[tuple[str, Any]]:
    """Return the kinds of bills, after those that are read as an earlier file was."""
    sources = BillSource.objects.filter(is_uploaded=True, removed_at=None).exclude(settings={}).order_by("name")
    like = [(f"{LIKE}{source.id}", f"{source.name}: {KINDS[source.kind].label}") for source in sources]
    kinds = [(key, KINDS[key].label) for key in KINDS]
    return [("Read as before", like), ("Kinds", kinds)] if like else kinds


class UploadForm(forms.Form):
    """A file and what kind of bill it is."""

    kind = forms.ChoiceField(
        label="Kind of bill",
        choices=kind_choices,
        help_text="A list of AWS's cost optimization recommendations goes with the Cost and Usage Report.",
    )
    file = forms.FileField(max_length=200, widget=forms.ClearableFileInput(attrs={"accept": ".csv,.gz,.xlsx,.parquet"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = f"{project.UPLOAD_BYTES >> 20:,} MB"
        self.fields["file"].help_text = f"CSV, gzipped CSV, XLSX or Parquet, up to {limit}."
        self.fields["file"].error_messages["required"] = f"Choose a file of up to {limit}. Larger ones were not taken."

    def reading(self) -> tuple[str, dict[str, Any]]:
        """Return the kind of bill, and how it is read."""
        kind = self.cleaned_data["kind"]
        if not kind.startswith(LIKE):
            return kind, {}
        source = BillSource.objects.get(pk=kind.removeprefix(LIKE))
        return source.kind, source.settings


class ReadingForm(forms.Form):
    """How an uploaded file is read: the settings of its kind that say so, with its own columns to choose from."""

    def __init__(self, data: QueryDict | None = None, *, upload: BillUpload) -> None:
        self.params = KINDS[upload.kind].params
        fields = self.params.model_fields
        usual = {name: field.default for name, field in fields.items() if isinstance(field.default, str)}
        super().__init__(data, initial=usual | upload.settings, prefix="reading")
        titles = [column["title"] for column in upload.preview.get("columns", [])]
        recognize = KINDS[upload.kind].recognize
        recognized = recognize(titles) if recognize else {}
        for name in self.params.reading:
            self.fields[name] = (
                _column_field(self.params.title(name), titles, found=recognized[name])
                if name in recognized
                else setting_field(self.params.title(name), fields[name])
            )

    def clean(self) -> dict[str, Any]:
        """Hold the settings against the kind's own rules."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            self.params.model_validate({**self.settings(), "path": "."})
        except ValidationError as error:
            for problem in error.errors():
                field = str(problem["loc"][0]) if problem["loc"] else ""
                message = problem["msg"].removeprefix("Value error, ")
                self.add_error(field if field in self.fields else None, message)
        return cleaned

    def settings(self) -> dict[str, Any]:
        """Return what was told; what was left empty is absent."""
        return {name: self.cleaned_data[name] for name in self.params.reading if self.cleaned_data.get(name)}


def _column_field(label: str, titles: list[str], *, found: str) -> forms.Field:
    """Return the choice of a column; left as it is, the one that was recognized."""
    by_itself = f"{found} (recognized)" if found else "Not in this file"
    none = [(NO_COLUMN, "No column")] if found else []
    return forms.ChoiceField(
        label=label, required=False, choices=[("", by_itself), *((title, title) for title in titles), *none]
    )


class ConfirmForm(forms.Form):
    """Under which name an uploaded bill is kept."""

    source_name = forms.CharField(
        label="Source",
        max_length=80,
        initial=UPLOADS,
        help_text="Bills uploaded under one name belong together: a later file for the same month takes the place of"
        " the one before, and is read the same way.",
    )

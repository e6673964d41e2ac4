"""What people tell about a source: its settings as its kind declares them, and when to pull it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.conf import settings as project
from django.forms.boundfield import BoundField
from django.http import QueryDict
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ingestion.delivery import DeliveryError
from ingestion.delivery.aws_access import AwsAccess
from ingestion.delivery.settings import check_address
from ingestion.models import BillSource
from ingestion.services import KINDS
from ingestion.services.secrets import secret_names, site_reach
from itfm.accounts.models import Organization
from itfm.web.setting_fields import setting_field

PATH: Final = "path"
BUCKET: Final = "bucket"
EXTERNAL_ID: Final = "external_id"
NEEDED: Final = {BUCKET: "Name the bucket that the bills are delivered to."}
"""What is said where a setting is missing, if not just which."""


def external_id(organization: Organization) -> str:
    """Return what a role must ask for before it trusts this organization: nobody else's sources can name it."""
    return f"itfm-{organization.id}"


def import_folders(organization: Organization) -> tuple[Path, ...]:
    """Return the folders of this machine that sources of an organization may read."""
    return tuple((Path(folder) / organization.slug).resolve() for folder in project.IMPORT_FOLDERS)


@dataclass(frozen=True, kw_only=True)
class Part:
    """The fields of one place of several, folded away unless something of it is given or wrong."""

    title: str
    fields: tuple[BoundField, ...]
    is_open: bool


class SettingsForm(forms.Form):
    """A source's name and the settings of its kind; secrets are taken and never shown again."""

    name = forms.CharField(max_length=120, help_text="What people here call it, for example Payer account.")

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kind: str,
        organization: Organization,
        source: BillSource | None = None,
    ) -> None:
        fields = KINDS[kind].params.model_fields
        usual = {name: field.default for name, field in fields.items() if isinstance(field.default, str)}
        own = {"name": source.name, **source.settings} if source else {"name": KINDS[kind].label.partition(" (")[0]}
        super().__init__(data, initial=usual | own)
        self.params = KINDS[kind].params
        self.secrets = secret_names(self.params)
        self.organization, self.source = organization, source
        for name, field in self.params.model_fields.items():
            if self._is_asked(name):
                self.fields[name] = self._field(name, field)

    def clean(self) -> dict[str, Any]:
        """Hold the settings against the kind's own rules and ours for people in a browser."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        given = self.settings()
        self._check_place(given)
        self._check_keys(given)
        if not self.errors:
            self._check_kind(given)
        return cleaned

    def settings(self) -> dict[str, Any]:
        """Return the settings as given; what was left empty is absent."""
        given = {name: self.cleaned_data[name] for name in self.params.model_fields if self.cleaned_data.get(name)}
        before = self.source.settings if self.source else {}
        if given.get("role_arn") and EXTERNAL_ID in self.params.model_fields:
            is_same = given["role_arn"] == before.get("role_arn")
            given[EXTERNAL_ID] = (is_same and before.get(EXTERNAL_ID)) or external_id(self.organization)
        if PATH not in self.fields and before.get(PATH):
            given[PATH] = before[PATH]
        return given

    @property
    def common(self) -> list[BoundField]:
        """Return the fields that belong to no place of several."""
        own = {name for place in self.params.places for name in place.fields}
        return [self[name] for name in self.fields if name not in own]

    @property
    def parts(self) -> list[Part]:
        """Return the places that the files may be at; the first stands open where none is chosen yet."""
        own = [[self[name] for name in place.fields if name in self.fields] for place in self.params.places]
        used = [any(field.value() or field.errors for field in fields) for fields in own]
        if own and not any(used):
            used = [True, *used[1:]]
        return [
            Part(title=place.title, fields=tuple(fields), is_open=is_open)
            for place, fields, is_open in zip(self.params.places, own, used, strict=True)
        ]

    def _is_asked(self, name: str) -> bool:
        if name == PATH:
            return bool(project.IMPORT_FOLDERS)
        return name != EXTERNAL_ID

    def _field(self, name: str, field: FieldInfo) -> forms.Field:
        title = self.params.title(name)
        text = field.description or ""
        if name == PATH:
            places = " or ".join(str(folder) for folder in import_folders(self.organization))
            text = f"Read files from here instead: a folder in {places}."
        if name in self.secrets:
            if self.source and name in self.source.sealed_secrets:
                text = "One is stored. Leave this empty to keep it."
            widget = forms.PasswordInput(attrs={"autocomplete": "off"})
            return forms.CharField(label=title, required=False, help_text=text, widget=widget, strip=True)
        needed = field.is_required() or (name in self.params.needed and self._has_no_folder())
        asked = setting_field(title, field, is_needed=needed)
        asked.help_text = text
        asked.error_messages["required"] = self._missing(name)
        return asked

    def _missing(self, name: str) -> str:
        return NEEDED.get(name) or f"Give the {self.params.title(name).lower()}."

    def _has_no_folder(self) -> bool:
        return not project.IMPORT_FOLDERS and not (self.source and self.source.settings.get(PATH))

    def _check_place(self, given: dict[str, Any]) -> None:
        names = (*self.params.needed, *(place.name for place in self.params.places))
        if PATH in self.fields and given.get(PATH):
            for name in names:
                if given.get(name):
                    self.add_error(PATH, f"Name a folder or the {self.params.title(name).lower()}, not both.")
            place = Path(given[PATH]).resolve()
            is_same = self.source is not None and self.source.settings.get(PATH) == given[PATH]
            if not is_same and not any(place.is_relative_to(folder) for folder in import_folders(self.organization)):
                self.add_error(PATH, "This folder is not one that your sources may read.")
            self.cleaned_data[PATH] = str(place)
        elif not given.get(PATH):
            for name in self.params.needed:
                if not given.get(name) and not self._keeps(name, given) and name not in self.errors:
                    self.add_error(name, self._missing(name))
            self._check_places(given)

    def _check_places(self, given: dict[str, Any]) -> None:
        """Hold the settings to one place, where there are several, and to saying nothing of the others."""
        if not self.params.places:
            return
        titles = " or the ".join(self.params.title(place.name).lower() for place in self.params.places)
        named = [place for place in self.params.places if given.get(place.name)]
        if not named:
            self.add_error(None, f"Name the {titles} that the bills are delivered to.")
        for place in self.params.places:
            told = [name for name in place.fields if given.get(name) and name in self.fields]
            if named and place is not named[0] and told:
                self.add_error(told[0], f"The {self.params.title(named[0].name).lower()} is read: leave this empty.")

    def _check_keys(self, given: dict[str, Any]) -> None:
        if given.get(PATH):
            return
        stored = self.source.sealed_secrets if self.source else {}
        is_aws = issubclass(self.params, AwsAccess) and (not self.params.places or given.get(BUCKET))
        if is_aws and not given.get("access_key_id") and not given.get("role_arn"):
            self.add_error("access_key_id", "Give an access key, or a role to assume.")
        for name in self.secrets & set(stored):
            is_moved = self.source and any(
                (given.get(lock) or "") != (self.source.settings.get(lock) or "") for lock in self.params.locks
            )
            if is_moved and self.params.keeps_secret(name, given) and not given.get(name):
                self.add_error(name, "The key or the endpoint has changed: enter the secret again.")

    def _check_kind(self, given: dict[str, Any]) -> None:
        kept = {name: "stored" for name in self.secrets if self._keeps(name, given)}
        try:
            settings = self.params.model_validate({**given, **kept}, context=site_reach())
        except ValidationError as error:
            for problem in error.errors():
                field = str(problem["loc"][0]) if problem["loc"] else ""
                message = problem["msg"].removeprefix("Value error, ")
                self.add_error(field if field in self.fields else None, message)
            return
        for name, address in settings.endpoints.items() if settings.is_confined else ():
            try:
                check_address(address)
            except DeliveryError as error:
                self.add_error(name, str(error))

    def _keeps(self, name: str, given: dict[str, Any]) -> bool:
        stored = self.source.sealed_secrets if self.source else {}
        return name in stored and not given.get(name) and self.params.keeps_secret(name, given)


class ScheduleForm(forms.Form):
    """When a source is pulled."""

    pull_time = forms.TimeField(
        required=False,
        label="Pull every day at",
        help_text="Providers deliver during the night. Left empty, it is pulled when somebody asks for it.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    time_zone = forms.ChoiceField(
        label="Time zone", choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())]
    )


class RemovalForm(forms.Form):
    """What becomes of the bills of a source that is removed."""

    KEEP, WITHDRAW = "keep", "withdraw"
    bills = forms.ChoiceField(
        label="What becomes of its bills?",
        choices=[
            (KEEP, "Keep them: what they cost goes on counting"),
            (WITHDRAW, "Withdraw them: their months are allocated again without them"),
        ],
        initial=KEEP,
        widget=forms.RadioSelect,
    )

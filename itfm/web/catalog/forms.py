"""What people say of a service, and of a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from ingestion.focus.mapped_regions import MappedRegion
from ingestion.focus.mapped_services import LONGEST, MappedService
from ingestion.focus.services import SUBCATEGORIES

BETWEEN: Final = " | "
CHOICES: Final = [
    ("", "Choose one"),
    *(
        (
            category,
            [
                (f"{category}{BETWEEN}{one}", one)
                for one in sorted(names, key=lambda name: (name.startswith("Other ("), name))
            ],
        )
        for category, names in SUBCATEGORIES.items()
    ),
]
"""The subcategories of FOCUS under their categories, the other ones last."""


class ServiceForm(forms.Form):
    """What a service is."""

    name = forms.CharField(max_length=LONGEST, help_text="What charges call it from then on (ServiceName).")
    kind = forms.ChoiceField(
        label="Category and subcategory",
        choices=CHOICES,
        help_text="As FOCUS 1.4 has them. Other says that you know the service, and it is of no category.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, provider: str, called: str, before: MappedService | None = None
    ) -> None:
        initial = {"name": before.name, "kind": f"{before.category}{BETWEEN}{before.subcategory}"} if before else None
        super().__init__(data, initial=initial or {"name": called})
        self.provider, self.called = provider, called

    def said(self) -> MappedService:
        """Return what was said."""
        category, _, subcategory = self.cleaned_data["kind"].partition(BETWEEN)
        return MappedService(
            provider=self.provider,
            called=self.called,
            name=self.cleaned_data["name"],
            category=category,
            subcategory=subcategory,
        )


class RegionForm(forms.Form):
    """What a region is called."""

    name = forms.CharField(
        max_length=LONGEST, help_text="What charges call it from then on (RegionName), such as Europe (Frankfurt)."
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, provider: str, called: str, before: MappedRegion | None = None
    ) -> None:
        super().__init__(data, initial={"name": before.name if before else ""})
        self.provider, self.called = provider, called

    def said(self) -> MappedRegion:
        """Return what was said."""
        return MappedRegion(provider=self.provider, called=self.called, name=self.cleaned_data["name"])

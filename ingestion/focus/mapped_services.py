"""What an organization calls the services that no table of ours knows. Pure.

Source of the categories: FOCUS 1.4, ServiceCategory and ServiceSubcategory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from ingestion.focus.services import SUBCATEGORIES

LONGEST: Final = 200
"""Characters of a provider, of a service as a bill has it, and of the name it gets."""


def text_problems(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield which texts of a mapping cannot be so, and why: only the provider may be empty."""
    for field, text in fields.items():
        if not text and field != "provider":
            yield field, "This is needed."
        elif len(text) > LONGEST:
            yield field, f"Use at most {LONGEST} characters."
        elif field == "name" and (text != text.strip() or not text.isprintable()):
            yield field, "Use no line breaks, and no spaces around it."


@dataclass(frozen=True, order=True, kw_only=True)
class MappedService:
    """A service as a bill has it, without a category, and what it is.

    `provider` is ServiceProviderName, '' where charges name none; `called` is the ServiceName they come with.
    """

    provider: str
    called: str
    name: str
    category: str
    subcategory: str

    def fields(self) -> dict[str, str]:
        """Return what it says by name."""
        return asdict(self)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.provider, self.called

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what of it cannot be so: the field, and why."""
        yield from text_problems(self.fields())
        if self.category and self.category not in SUBCATEGORIES:
            yield "category", f"'{self.category}' is no ServiceCategory of FOCUS 1.4."
        elif self.subcategory and self.subcategory not in SUBCATEGORIES.get(self.category, ()):
            yield "subcategory", f"'{self.subcategory}' is no ServiceSubcategory of {self.category} in FOCUS 1.4."

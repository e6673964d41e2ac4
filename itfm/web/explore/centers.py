"""The names of cost centers beside their codes, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from allocation.selectors import Visibility
from showback.centers import visible_codes
from showback.models import CostCenter
from showback.statements import DIMENSION

CENTER: Final = DIMENSION


@dataclass(frozen=True, kw_only=True)
class CenterNames:
    """Names by code."""

    names: Mapping[str, str]

    def text(self, code: str) -> str:
        """Return `Payments (2010)`, or the code alone where there is no name to show."""
        name = self.names.get(code, "")
        return f"{name} ({code})" if name and name != code else code

    def codes_named_like(self, text: str) -> list[str]:
        """Return the codes of the cost centers whose name, or name and code, contain a text, in any case."""
        wanted = text.strip().lower()
        return sorted(code for code in self.names if wanted and wanted in self.text(code).lower())

    def code_of(self, text: str) -> str:
        """Return the code that somebody means who types it, its name, or both; else the text as it is."""
        if text in self.names:
            return text
        wanted = text.strip().lower()
        found = [code for code, name in self.names.items() if wanted in {name.lower(), self.text(code).lower()}]
        return found[0] if len(found) == 1 else text


def center_names(visibility: Visibility) -> CenterNames:
    """Return the names of the cost centers somebody may see."""
    codes = visible_codes(visibility)
    found = CostCenter.objects.without_tree_fields()
    seen = found if codes is None else found.filter(code__in=codes)
    return CenterNames(names=dict(seen.values_list("code", "name")))

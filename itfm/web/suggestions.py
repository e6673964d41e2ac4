"""What a combobox is answered: values that begin with, or contain, what somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from django.http import JsonResponse

LIMIT: Final = 20
"""As many as fit a list that one reads rather than scrolls."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A value to choose; `hint` tells two of the same name apart."""

    value: str
    label: str = ""
    hint: str = ""


def suggestions(found: Sequence[Suggestion]) -> JsonResponse:
    """Answer a combobox; ask the database for one more than `LIMIT`, so that the list says when there are more."""
    items = [asdict(one) | {"label": one.label or one.value} for one in found[:LIMIT]]
    return JsonResponse({"items": items, "has_more": len(found) > LIMIT})

"""What a recommendation says, in words, and the way to what its resource cost. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from ingestion.resource_costs import Asked
from itfm.core.periods import period_name

ACTIONS: Final = {
    "MigrateToGraviton": "Migrate to Graviton",
    "PurchaseReservedInstances": "Purchase reserved instances",
    "PurchaseSavingsPlans": "Purchase savings plans",
    "ScaleIn": "Scale in",
}
"""What AWS writes in one word; other actions stay as they are."""
NO_ACTION: Final = "No action named"
_LAST_PART: Final = re.compile(r"[^/:]+$")


def action_text(action: str | None) -> str:
    """Return an action in words."""
    return ACTIONS.get(action or "", action or NO_ACTION)


def short_name(resource: str | None) -> str:
    """Return the last part of a resource's name."""
    last_part = _LAST_PART.search(resource) if resource else None
    return last_part[0] if last_part else resource or ""


def change_text(current: str | None, recommended: str | None) -> str:
    """Return what there is today and what is recommended in its place."""
    return " → ".join(text for text in (current, recommended) if text)


def lines_address(asked: Asked, name: str, *, period: date, currency: str, of: Sequence[str] = ()) -> str:
    """Return the path of the bill lines of a resource, by its name in the bill, in a month and currency.

    :param of: what else they are narrowed to, as `dimension:value`.
    """
    month = period_name(period)
    narrowed = [("is", one) for one in (f"source_id:{asked.source_id}", f"sub_account_id:{asked.account}", *of)]
    span = [("first", month), ("last", month), ("currency", currency), ("measure", "effective_cost")]
    return f"{reverse('explore_lines')}?{urlencode([*span, *narrowed, ('level', 'lines'), ('resource', name)])}"

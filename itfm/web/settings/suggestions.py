"""Cost centers and dimension values to choose a scope from, searched by the database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from allocation.models import Segment
from allocation.selectors import current_rule_set, names_of
from itfm.accounts.models import Scope
from itfm.web.settings.page import ScopeSearch, ScopeSuggestion
from showback.models import CostCenter

MOST: Final = 20


def scope_dimensions() -> tuple[tuple[str, str], ...]:
    """Return what a scope can be about: (key, name), cost centers first."""
    others = (pair for pair in names_of(current_rule_set()).dimensions if pair[0] != Scope.COST_CENTER)
    return ((Scope.COST_CENTER, "Cost center"), *others)


def scope_search(dimension: str, text: str, *, taken: Collection[tuple[str, str]]) -> ScopeSearch:
    """Return the first values of a dimension that contain the text; of an unknown dimension, of the first one."""
    dimensions = scope_dimensions()
    key = dimension if dimension in dict(dimensions) else dimensions[0][0]
    values = _cost_centers(text) if key == Scope.COST_CENTER else _values(key, text)
    return ScopeSearch(
        dimensions=dimensions,
        dimension=key,
        text=text,
        found=tuple(
            ScopeSuggestion(dimension=key, value=value, label=label, is_taken=(key, value) in taken)
            for value, label in values[:MOST]
        ),
        has_more=len(values) > MOST,
    )


def _cost_centers(text: str) -> list[tuple[str, str]]:
    found = CostCenter.objects.without_tree_fields().filter(Q(code__icontains=text) | Q(name__icontains=text))
    rows = found.order_by("code").values_list("code", "name")[: MOST + 1]
    return [(code, f"{code} {name}") for code, name in rows]


def _values(dimension: str, text: str) -> list[tuple[str, str]]:
    # By expression, not by name: a dimension's key is no path of lookups.
    values = Segment.objects.annotate(value=KeyTextTransform(dimension, "dimension_values"))
    found = values.filter(value__icontains=text).order_by("value").values_list("value", flat=True).distinct()
    return [(value, value) for value in found[: MOST + 1]]

"""What is asked of the cost-center tree."""

from __future__ import annotations

from collections.abc import Iterable

from showback.models import CostCenter


def subtree_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of these cost centers and of all below them, sorted; unknown codes are left out."""
    found: set[str] = set()
    for center in CostCenter.objects.filter(code__in=list(codes)):
        below = CostCenter.objects.descendants(center, include_self=True)
        found.update(below.values_list("code", flat=True))
    return tuple(sorted(found))

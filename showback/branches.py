"""From the cost centers of a rule document to those of the tree."""

from __future__ import annotations

from collections.abc import Iterable

from allocation.engine.dimensions import CostCenter
from showback.services import CostCenterBranch


def branches(centers: Iterable[CostCenter]) -> list[CostCenterBranch]:
    """Return the same tree."""
    return [
        CostCenterBranch(code=center.code, name=center.name, children=branches(center.children)) for center in centers
    ]

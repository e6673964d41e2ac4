"""Dimensions that many want, ready to be added to a draft with their rules and tables, and changed from there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from allocation.drafts.operations import Document, OperationError
from ingestion.focus import tbm


@dataclass(frozen=True, kw_only=True)
class Template:
    """A dimension as documents have it, with the lookup tables that its rules use."""

    key: str
    name: str
    about: str
    """What it tells, for a person."""
    rules: tuple[Mapping[str, Any], ...]
    lookups: Mapping[str, Mapping[str, str]]


def _looked_up(name: str, column: str, table: str) -> dict[str, Any]:
    transforms = [{"lookup": table, "otherwise": "none"}]
    return {
        "name": name,
        "when": {"column": column, "exists": True},
        "value": {"column": column, "transforms": transforms},
    }


_TOWER: Final = Template(
    key="tbm_tower",
    name="Technology tower (TBM)",
    about="The technology resource tower of each service, after its FOCUS category",
    rules=(
        _looked_up("by service subcategory", "service_subcategory", "tbm_towers_of_subcategories"),
        _looked_up("by service category", "service_category", "tbm_towers"),
    ),
    lookups={"tbm_towers_of_subcategories": tbm.TOWERS_OF_SUBCATEGORIES, "tbm_towers": tbm.TOWERS},
)
_COST_POOL: Final = Template(
    key="cost_pool",
    name="Cost pool (TBM)",
    about="What kind of cost it is to finance: the general ledger's own pool, else after the service's FOCUS category",
    rules=(
        {
            "name": "the ledger's own",
            "when": {"column": "x_cost_pool", "exists": True},
            "value": {"column": "x_cost_pool"},
        },
        {"name": "hardware", "when": {"column": "x_asset_class", "exists": True}, "value": "Hardware"},
        _looked_up("by service category", "service_category", "tbm_cost_pools"),
    ),
    lookups={"tbm_cost_pools": tbm.COST_POOLS},
)
TEMPLATES: Final = {one.key: one for one in (_TOWER, _COST_POOL)}


@dataclass(frozen=True, kw_only=True)
class AddTemplate:
    """Add the dimension of a template, last, with its rules; tables of its names that are there already stay."""

    template: Template

    @property
    def summary(self) -> str:
        return f"Added dimension {self.template.name} with its rules"

    def change(self, document: Document) -> None:
        """Change the document in place.

        :raises OperationError: there is such a dimension already.
        """
        dimensions = document.setdefault("dimensions", [])
        if any(one["key"] == self.template.key for one in dimensions):
            raise OperationError(f"There is a dimension '{self.template.key}' already.")
        lookups = document.setdefault("lookups", {})
        for key, table in self.template.lookups.items():
            lookups.setdefault(key, dict(table))
        rules = [dict(rule) for rule in self.template.rules]
        dimensions.append({"key": self.template.key, "name": self.template.name, "rules": rules})

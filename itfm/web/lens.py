"""The lenses to look at costs through: what finance asks for first, and what engineering does."""

from __future__ import annotations

from typing import Final, Literal

from allocation.costs.query import QueryError, RuleSetNames
from itfm.accounts.access import TenantRequest

Lens = Literal["finance", "engineering"]
LENSES: Final[tuple[Lens, ...]] = ("finance", "engineering")
PARAM: Final = "lens"
DIMENSIONS: Final[dict[Lens, tuple[str, ...]]] = {
    "finance": ("cost_center", "team", "product"),
    # An engineer asks what is running before asking whose it is.
    "engineering": ("product", "environment", "team"),
}
"""Dimensions that a lens starts with, as far as the rules have them."""
FIRST_DIMENSIONS: Final = 3
"""How many dimensions are looked at where the rules have none of these."""


def lens_named(text: str) -> Lens:
    """Return the lens of that name.

    :raises QueryError: there is none.
    """
    if text not in LENSES:
        raise QueryError(PARAM, f"'{text[:20]}' is no lens; write one of {', '.join(LENSES)}.")
    return text


def lens_of(request: TenantRequest) -> Lens:
    """Return the lens that an address names, else the one the member chose last.

    :raises QueryError: there is none of that name.
    """
    kept = request.membership.lens
    return lens_named(request.GET.get(PARAM) or (kept if kept in LENSES else LENSES[0]))


def dimensions_through(lens: Lens, rule_set: RuleSetNames) -> tuple[str, ...]:
    """Return the keys of the dimensions that a lens shows, the first one first."""
    keys = [key for key, _ in rule_set.dimensions]
    return tuple(key for key in DIMENSIONS[lens] if key in keys) or tuple(keys[:FIRST_DIMENSIONS])

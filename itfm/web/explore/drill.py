"""The way down from a total to the bill lines: each level is one more filter on the same question. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from allocation.costs.query import CostQuery, Filter, RuleSetNames, merged, to_params
from itfm.web.lens import Lens, dimensions_through

COLUMNS_BELOW: Final = ("service_name", "sub_account_id")


@dataclass(frozen=True, kw_only=True)
class Crumb:
    """A level of the way down; its address leads back to it."""

    label: str
    url: str


def levels(rule_set: RuleSetNames, lens: Lens) -> tuple[str, ...]:
    """Return what costs are told apart by on the way down, the first level first."""
    return (*dimensions_through(lens, rule_set), *COLUMNS_BELOW)


def default_grouping(rule_set: RuleSetNames, lens: Lens) -> tuple[str, ...]:
    """Return what a question without a grouping is grouped by."""
    if lens == "engineering":
        own = [name for name in levels(rule_set, lens) if name != "team"]
        ordered = [name for name in ("product", "service_name", "environment") if name in own]
        return tuple(ordered[:2] or own[:1])
    return levels(rule_set, lens)[:1]


def address(query: CostQuery, lens: Lens, *, to: str = "", more: Sequence[tuple[str, str]] = ()) -> str:
    """Return the address of a question."""
    return f"{to}?{params_of(query, lens, more=more)}"


def params_of(query: CostQuery, lens: Lens, *, more: Sequence[tuple[str, str]] = ()) -> str:
    """Return a question as it stands in an address; grouped by nothing has to be said, or the lens would decide."""
    nothing = [] if query.by else [("by", "")]
    return urlencode([*to_params(query), *nothing, ("lens", lens), *more])


def bottom(query: CostQuery, groups: Sequence[str | None]) -> CostQuery:
    """Return the question about exactly one line's cost, grouped by nothing."""
    own = dict(zip(query.by, groups, strict=True))
    kept = tuple(one for one in query.filters if one.exclude or one.name not in own)
    return replace(
        query, by=(), filters=merged([*kept, *(Filter(name=name, values=(value,)) for name, value in own.items())])
    )


def drilled(query: CostQuery, groups: Sequence[str | None], *, path: Sequence[str]) -> CostQuery | None:
    """Return the question one level below a line; None where only resources and bill lines are left."""
    below = bottom(query, groups)
    known = {one.name for one in below.filters if not one.exclude and len(one.values) == 1}
    following = next((name for name in path if name not in known), None)
    return replace(below, by=(following,)) if following else None


def trail(query: CostQuery) -> tuple[tuple[Filter, CostQuery], ...]:
    """Return the filters that narrow to one value, each with the question that stands at its level."""
    steps = [one for one in query.filters if not one.exclude and len(one.values) == 1]
    others = tuple(one for one in query.filters if one not in steps)
    found = []
    for number, one in enumerate(steps):
        following = steps[number + 1].name if number + 1 < len(steps) else None
        by = (following,) if following else query.by
        found.append((one, replace(query, filters=merged([*steps[: number + 1], *others]), by=by)))
    return tuple(found)


def start(query: CostQuery) -> CostQuery:
    """Return the question above all single values."""
    steps = [one for one in query.filters if not one.exclude and len(one.values) == 1]
    by = (steps[0].name,) if steps else query.by
    return replace(query, filters=tuple(one for one in query.filters if one not in steps), by=by)

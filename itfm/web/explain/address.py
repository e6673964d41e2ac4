"""A slice as it stands in an address: `period=2026-10&currency=USD&is=team:Payments`. Pure.

Filters are written as on Explore: `is` keeps a value and `not` leaves one out; a column of the mart or a dimension's
key, a colon and the value; without a colon it is what nothing caught. A name that stands several times: any of them.
`within` is the address of a cost center: what it has with all below it, however many that are.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol, cast
from urllib.parse import urlencode
from uuid import UUID

from allocation.costs.query import Filter, merged
from allocation.engine.weighing import CostColumn
from allocation.explain.slices import Slice, SliceError
from itfm.core.periods import PeriodError, parse_period, period_name


class Parameters(Protocol):
    """What stands behind the `?` of an address."""

    def get(self, key: str, default: str) -> str | None: ...

    def getlist(self, key: str) -> list[str]: ...


def query_of(wanted: Slice, *, run_id: UUID | None = None, within: str = "") -> str:
    """Return a slice as text for an address, to be given to the tag `explained`; `within` names a cost center."""
    pairs = [("period", period_name(wanted.period)), ("currency", wanted.currency), ("cost", wanted.cost)]
    pairs += [("within", within)] if within else []
    for one in wanted.filters:
        parameter = "not" if one.exclude else "is"
        pairs += [(parameter, one.name if value is None else f"{one.name}:{value}") for value in one.values]
    pairs += [("first", wanted.first_day.isoformat())] if wanted.first_day else []
    pairs += [("last", wanted.last_day.isoformat())] if wanted.last_day else []
    pairs += [("run", str(run_id))] if run_id else []
    return urlencode(pairs)


def slice_of(parameters: Parameters) -> Slice:
    """Return the slice an address names.

    :raises SliceError: a parameter is missing or cannot be read; the message says which.
    :raises QueryError: a filter cannot be asked for.
    """
    currency = parameters.get("currency", "")
    if not currency:
        raise SliceError("The address names no currency.")
    try:
        period = parse_period(parameters.get("period", "") or "")
    except PeriodError as error:
        raise SliceError(str(error)) from error
    return Slice(
        period=period,
        currency=currency,
        cost=cast("CostColumn", parameters.get("cost", "effective_cost")),
        filters=merged([*_filters(parameters.getlist("is")), *_filters(parameters.getlist("not"), exclude=True)]),
        first_day=_day("first", parameters),
        last_day=_day("last", parameters),
    )


def run_of(parameters: Parameters) -> UUID | None:
    """Return the run an address names; None: the one in force.

    :raises SliceError: it is no id.
    """
    text = parameters.get("run", "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise SliceError(f"'{text}' is not the id of a run.") from error


def _filters(texts: Iterable[str], *, exclude: bool = False) -> list[Filter]:
    pairs = (text.partition(":") for text in texts if text)
    return [Filter(name=name, values=(value if colon else None,), exclude=exclude) for name, colon, value in pairs]


def _day(name: str, parameters: Parameters) -> date | None:
    text = parameters.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SliceError(f"'{text}' is not a day; write it as YYYY-MM-DD, for example 2026-10-31.") from error

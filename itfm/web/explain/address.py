"""A slice as it stands in an address: `period=2026-10&currency=USD&filter=team:Payments`. Pure.

A filter is a column of the mart or a dimension's key, a colon and a value; without a value it asks for what nothing
caught. A name that stands several times asks for any of its values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol, cast
from urllib.parse import urlencode
from uuid import UUID

from allocation.engine.weighing import CostColumn
from allocation.explain.slices import Filter, Slice, SliceError
from itfm.core.periods import PeriodError, parse_period, period_name


class Parameters(Protocol):
    """What stands behind the `?` of an address."""

    def get(self, key: str, default: str) -> str | None: ...

    def getlist(self, key: str) -> list[str]: ...


def query_of(wanted: Slice, *, run_id: UUID | None = None) -> str:
    """Return a slice as text for an address, to be given to the tag `explained`."""
    pairs = [("period", period_name(wanted.period)), ("currency", wanted.currency), ("cost", wanted.cost)]
    pairs += [("filter", f"{one.name}:{value or ''}") for one in wanted.filters for value in one.values]
    pairs += [("first", wanted.first_day.isoformat())] if wanted.first_day else []
    pairs += [("last", wanted.last_day.isoformat())] if wanted.last_day else []
    pairs += [("run", str(run_id))] if run_id else []
    return urlencode(pairs)


def slice_of(parameters: Parameters) -> Slice:
    """Return the slice an address names.

    :raises SliceError: a parameter is missing or cannot be read; the message says which.
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
        filters=_filters(parameters.getlist("filter")),
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


def _filters(texts: Iterable[str]) -> tuple[Filter, ...]:
    values: dict[str, list[str | None]] = {}
    for text in texts:
        name, colon, value = text.partition(":")
        if not colon:
            raise SliceError(f"The filter '{text}' has no colon; write it as name:value.")
        values.setdefault(name, []).append(value or None)
    return tuple(Filter(name=name, values=tuple(found)) for name, found in values.items())


def _day(name: str, parameters: Parameters) -> date | None:
    text = parameters.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SliceError(f"'{text}' is not a day; write it as YYYY-MM-DD, for example 2026-10-31.") from error

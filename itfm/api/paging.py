"""Lists, a page at a time: a cursor names the last row that was seen, so nothing is skipped or told twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import attrgetter
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework import serializers

from itfm.api.fields import Query, Text
from itfm.api.problems import ProblemError

Row = TypeVar("Row")
M = TypeVar("M", bound=Model)
DEFAULT: Final = 100
MOST: Final = 1000


class PageQuery(Query):
    """Which page of a list."""

    cursor = Text(required=False, max_length=1000, help_text="`next` of the page before; leave it out to start.")
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST, default=DEFAULT, help_text="Most rows on a page."
    )


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows of a list, and the cursor of those after them; None at the end."""

    rows: Sequence[Row]
    next_cursor: str | None


def page_of(rows: QuerySet[M], *, order: Sequence[str], query: Mapping[str, Any]) -> Page[M]:
    """Return the page a query asks for; `order` names columns that are never null, the last one unique.

    :raises ProblemError: the cursor was not made for this list.
    """
    names = [name.removeprefix("-") for name in order]
    after = position(query, list_name="/".join(order))
    if after is not None:
        rows = rows.filter(_behind(order, after))
    limit = query["limit"]
    found = list(rows.order_by(*order)[: limit + 1])
    next_cursor = None
    if len(found) > limit:
        last = found[limit - 1]
        values = [attrgetter(name.replace("__", "."))(last) for name in names]
        next_cursor = cursor(values, list_name="/".join(order))
    return Page(rows=found[:limit], next_cursor=next_cursor)


def page_of_sequence(
    rows: Sequence[Row], *, name: Callable[[Row], str], list_name: str, query: Mapping[str, Any]
) -> Page[Row]:
    """Return the page a query asks for of rows that are worked out in one order; `name` tells a row from its neighbors.

    :raises ProblemError: the cursor was not made for this list, or the rows before it are no longer those there were.
    """
    found = position(query, list_name=list_name)
    start = int(found[0]) if found else 0
    if found and (start > len(rows) or name(rows[start - 1]) != found[1]):
        raise ProblemError("invalid_cursor", "This list has changed since. Start again without a cursor.")
    end = start + query["limit"]
    next_cursor = cursor((end, name(rows[end - 1])), list_name=list_name) if end < len(rows) else None
    return Page(rows=rows[start:end], next_cursor=next_cursor)


def cursor(values: Sequence[object], *, list_name: str) -> str:
    """Return an opaque text that stands for a row."""
    return signing.dumps([_plain(value) for value in values], salt=f"itfm.api.cursor/{list_name}", compress=True)


def position(query: Mapping[str, Any], *, list_name: str) -> list[str] | None:
    """Return the values of the row a cursor stands for; None without a cursor.

    :raises ProblemError: it was not made for this list.
    """
    if not query.get("cursor"):
        return None
    try:
        found: list[str] = signing.loads(query["cursor"], salt=f"itfm.api.cursor/{list_name}")
    except signing.BadSignature as error:
        raise ProblemError(
            "invalid_cursor", "This cursor does not belong to this list. Start again without one."
        ) from error
    return found


def _plain(value: object) -> str | int:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, int) else str(value) if isinstance(value, UUID | str) else repr(value)


def _behind(order: Sequence[str], after: Sequence[str]) -> Q:
    """Return the filter for rows after one: greater in the first column, or equal there and greater in the next."""
    cases = []
    for number, name in enumerate(order):
        equal = {order[at].removeprefix("-"): after[at] for at in range(number)}
        lookup = f"{name.removeprefix('-')}__{'lt' if name.startswith('-') else 'gt'}"
        cases.append(Q(**equal, **{lookup: after[number]}))
    return reduce(Q.__or__, cases)

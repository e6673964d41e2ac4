"""A question about costs as a value that stands in addresses: what to sum up, by what, for which part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, cast, get_args

from itfm.core.periods import PeriodError, next_period, parse_period, period_name, previous_period

COLUMNS: Final = (
    "source_id",
    "origin",
    "charge_date",
    "billing_account_id",
    "sub_account_id",
    "service_provider_name",
    "service_name",
    "service_category",
    "region_id",
    "charge_category",
    "pricing_category",
    "commitment_discount_status",
)
"""Columns of the mart to group by, beside the dimensions."""

Measure = Literal["effective_cost", "billed_cost", "list_cost", "contracted_cost", "consumed_quantity"]
Granularity = Literal["total", "month", "day"]
Comparison = Literal["previous", "year_ago"]

MOST_GROUPS: Final = 3
MOST_PERIODS: Final = 36
MOST_PERIODS_BY_DAY: Final = 3
MOST_VALUES: Final = 200
"""Of a filter in an address; the program itself may ask for more."""
MOST_ROWS: Final = 100_000
DEFAULT_LIMIT: Final = 50


class QueryError(ValueError):
    """A question cannot be asked; `parameter` names the part of it that is wrong."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class UnknownNameError(QueryError):
    """A name is neither a column of the mart nor a dimension; the message lists the names there are."""


@dataclass(frozen=True, kw_only=True)
class RuleSetNames:
    """The dimensions of a published rule set, in order: (key, name)."""

    dimensions: tuple[tuple[str, str], ...] = ()

    def key_of(self, name: str) -> str | None:
        """Return the key of the dimension so called, by key or by name in any case."""
        folded = name.casefold()
        return next((key for key, label in self.dimensions if folded in {key.casefold(), label.casefold()}), None)

    def known(self, name: str, *, parameter: str) -> str:
        """Return the column or dimension key that a name stands for.

        :raises UnknownNameError: there is neither.
        """
        if name in COLUMNS:
            return name
        key = self.key_of(name)
        if key is None:
            known = ", ".join([*(key for key, _ in self.dimensions), *COLUMNS])
            raise UnknownNameError(parameter, f"Costs cannot be grouped by '{name}'. Known: {known}.")
        return key


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Costs with one of some values of a column or dimension, or with none of them; None is what no rule caught."""

    name: str
    values: tuple[str | None, ...]
    exclude: bool = False

    def __post_init__(self) -> None:
        parameter = _parameter(self.exclude)
        if not self.values:
            raise QueryError(parameter, f"A filter on '{self.name}' needs a value.")
        if any("\0" in value for value in self.values if value):
            raise QueryError(parameter, f"A value of '{self.name}' holds a character that no bill can hold.")


@dataclass(frozen=True, kw_only=True)
class CostQuery:
    """What to sum up: a measure over whole billing periods, both inclusive, by at most three names.

    Names are columns of the mart or keys of dimensions. `currency` narrows to one; amounts are never added across
    currencies. The `limit` largest rows of a currency are told apart, the others summed. Where `compared_days` is told,
    only so many first days of each period compared with count: a month that is not over is compared with the same days.
    """

    first: date
    last: date
    measure: Measure = "effective_cost"
    by: tuple[str, ...] = ()
    granularity: Granularity = "month"
    filters: tuple[Filter, ...] = ()
    compare: Comparison | None = None
    currency: str | None = None
    limit: int = DEFAULT_LIMIT
    compared_days: int | None = None
    """Not part of an address."""

    def __post_init__(self) -> None:
        _one_of("measure", self.measure, get_args(Measure))
        _one_of("granularity", self.granularity, get_args(Granularity))
        if self.compare is not None:
            _one_of("compare", self.compare, get_args(Comparison))
        if self.first.day != 1 or self.last.day != 1:
            raise QueryError("first", "Periods are named by their first day.")
        if self.last < self.first:
            raise QueryError("last", "The last period lies before the first.")
        if len(set(self.by)) != len(self.by) or len(self.by) > MOST_GROUPS:
            raise QueryError("by", f"Costs are grouped by at most {MOST_GROUPS} different names.")
        if self.currency is not None and not (self.currency.isascii() and self.currency.isalnum()):
            raise QueryError("currency", "A currency is written as its code, for example USD.")
        if not 1 <= self.limit <= MOST_ROWS:
            raise QueryError("limit", f"The limit is a number from 1 to {MOST_ROWS}.")
        if self.compared_days is not None and self.compared_days < 0:
            raise QueryError("compared_days", "Days are counted from 0.")
        most = MOST_PERIODS_BY_DAY if self.granularity == "day" else MOST_PERIODS
        if len(self.periods) > most:
            words = "by day " if self.granularity == "day" else ""
            raise QueryError("first", f"At most {most} billing periods are shown {words}at once; choose fewer.")

    @property
    def periods(self) -> tuple[date, ...]:
        """The billing periods asked for."""
        return tuple(_periods(self.first, self.last))

    @property
    def compared_periods(self) -> tuple[date, ...]:
        """The billing periods to compare with; none when nothing is compared."""
        count = len(self.periods)
        if self.compare is None:
            return ()
        first = shifted(self.first, months=-(12 if self.compare == "year_ago" else count))
        return tuple(_periods(first, shifted(first, months=count - 1)))

    @property
    def last_compared_days(self) -> dict[date, date]:
        """The day that still counts of each period compared with that does not count whole."""
        if self.compared_days is None:
            return {}
        last_days = {one: one + timedelta(days=self.compared_days - 1) for one in self.compared_periods}
        return {one: day for one, day in last_days.items() if day < next_period(one) - timedelta(days=1)}

    @property
    def tells_days(self) -> bool:
        """Whether days are told apart."""
        return self.granularity == "day" or "charge_date" in self.names

    @property
    def names(self) -> frozenset[str]:
        """Every column and dimension that the question looks at."""
        return frozenset([*self.by, *(one.name for one in self.filters)])


def shifted(period: date, *, months: int) -> date:
    """Return the first day of the period so many months later, or earlier where negative."""
    step = next_period if months > 0 else previous_period
    for _ in range(abs(months)):
        period = step(period)
    return period


def parse(
    params: Mapping[str, Sequence[str]], *, rule_set: RuleSetNames, default: date, granularity: Granularity = "month"
) -> CostQuery:
    """Return the question that an address asks; parameters it does not know are somebody else's.

    `is=team:Payments` keeps a value, `not=team:Payments` leaves one out, and without a colon the name stands for what
    no rule caught. `default` is the period when none is given.

    :raises QueryError: a parameter cannot be read; it says which, and what can be written.
    """
    first, last = _last(params, "first"), _last(params, "last")
    start = _period(first, "first") if first else _period(last, "last") if last else default
    return CostQuery(
        first=start,
        last=_period(last, "last") if last else start,
        measure=cast("Measure", _last(params, "measure") or "effective_cost"),
        by=tuple(dict.fromkeys(rule_set.known(name, parameter="by") for name in params.get("by", ()) if name)),
        granularity=cast("Granularity", _last(params, "granularity") or granularity),
        filters=tuple(
            found for parameter in ("is", "not") for found in _filters(params.get(parameter, ()), parameter, rule_set)
        ),
        compare=cast("Comparison | None", _last(params, "compare") or None),
        currency=_last(params, "currency") or None,
        limit=_limit(_last(params, "limit")),
    )


def to_params(query: CostQuery) -> list[tuple[str, str]]:
    """Return the parameters that `parse` reads back to the same question, defaults left out."""
    params = [("first", period_name(query.first)), ("last", period_name(query.last))]
    params += [("measure", query.measure)] if query.measure != "effective_cost" else []
    params += [("by", name) for name in query.by]
    params += [("granularity", query.granularity)]
    for one in query.filters:
        parameter = _parameter(one.exclude)
        params += [(parameter, one.name if value is None else f"{one.name}:{value}") for value in one.values]
    params += [("compare", query.compare)] if query.compare else []
    params += [("currency", query.currency)] if query.currency else []
    params += [("limit", str(query.limit))] if query.limit != DEFAULT_LIMIT else []
    return params


def merged(filters: Iterable[Filter]) -> tuple[Filter, ...]:
    """Return the filters with those on the same name and of the same kind as one, those that keep first."""
    found: dict[tuple[bool, str], list[str | None]] = {}
    for one in filters:
        found.setdefault((one.exclude, one.name), []).extend(one.values)
    return tuple(
        Filter(name=name, values=tuple(dict.fromkeys(values)), exclude=exclude)
        for (exclude, name), values in sorted(found.items(), key=lambda entry: entry[0][0])
    )


def _filters(texts: Sequence[str], parameter: str, rule_set: RuleSetNames) -> tuple[Filter, ...]:
    pairs = (text.partition(":") for text in texts if text)
    found = merged(
        Filter(
            name=rule_set.known(name, parameter=parameter),
            values=(value if colon else None,),
            exclude=parameter == "not",
        )
        for name, colon, value in pairs
    )
    for one in found:
        if len(one.values) > MOST_VALUES:
            raise QueryError(parameter, f"A filter takes at most {MOST_VALUES} values; '{one.name}' has more.")
    return found


def _parameter(exclude: bool) -> str:  # noqa: FBT001 - it is the filter's own field
    return "not" if exclude else "is"


def _last(params: Mapping[str, Sequence[str]], name: str) -> str:
    return next(reversed(params.get(name, ())), "")


def _one_of(parameter: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise QueryError(parameter, f"'{value}' is no {parameter}; write one of {', '.join(allowed)}.")


def _period(text: str, parameter: str) -> date:
    try:
        return parse_period(text)
    except PeriodError as error:
        raise QueryError(parameter, str(error)) from error


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= 7):
        raise QueryError("limit", f"'{text[:20]}' is no limit; write a number from 1 to {MOST_ROWS}.")
    return int(text)


def _periods(first: date, last: date) -> Iterable[date]:
    while first <= last:
        yield first
        first = next_period(first)

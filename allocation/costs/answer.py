"""The answer to a question about costs: sums over the mart, or over the smallest of its rollups that can tell."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import structlog
from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from allocation.costs.query import CostQuery, RuleSetNames
from allocation.costs.statement import statement
from allocation.models import AllocationRun
from allocation.selectors import EVERYTHING, Visibility, names_of
from itfm.core.periods import next_period
from itfm.core.tenancy import current_organization_id

logger = structlog.get_logger(__name__)
CACHE_SECONDS: Final = 24 * 3600
CACHE_VERSION: Final = 1
"""Rises when the shape of answers changes."""
MOST_ROWS_CACHED: Final = 1000


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """What one combination of groups cost, by bucket of time; a None among the groups is what no rule caught."""

    groups: tuple[str | None, ...]
    costs: tuple[Decimal, ...]
    total: Decimal
    comparison: Decimal | None
    """What it cost in the periods compared with; None when nothing is compared, or no period then has data."""
    count: int = 1
    """How many combinations it sums up: more than one only for the rest."""


@dataclass(frozen=True, kw_only=True)
class CurrencyAnswer:
    """The costs in one currency: the largest lines, what is left of the others, and all of it."""

    currency: str
    lines: tuple[CostLine, ...]
    rest: CostLine | None
    total: CostLine

    @property
    def all_lines(self) -> tuple[CostLine, ...]:
        """The lines with the rest; they add up to the total."""
        return (*self.lines, self.rest) if self.rest else self.lines


@dataclass(frozen=True, kw_only=True)
class CostAnswer:
    """What was asked, and the costs by currency, the largest first."""

    query: CostQuery
    buckets: tuple[date, ...]
    """The first day of each bucket of time: one, the periods, or the days."""
    currencies: tuple[CurrencyAnswer, ...]
    run_ids: tuple[UUID, ...]
    """The runs whose ledgers were summed up, by period."""
    missing_periods: tuple[date, ...]
    """Periods asked for that no run has allocated."""
    missing_compared_periods: tuple[date, ...]


@dataclass(frozen=True, kw_only=True)
class RunsInForce:
    """The runs that stand for some billing periods, and the dimensions by which the newest tells costs apart."""

    ids: dict[date, UUID]
    rule_set: RuleSetNames


def runs_in_force(periods: Sequence[date]) -> RunsInForce:
    """Return the runs in force of some periods."""
    found = list(
        AllocationRun.objects.filter(billing_period__in=periods, state=AllocationRun.State.PUBLISHED)
        .select_related("rule_set")
        .order_by("-billing_period")
    )
    return RunsInForce(
        ids={run.billing_period: run.id for run in found},
        rule_set=names_of(found[0].rule_set) if found else RuleSetNames(),
    )


def answer(query: CostQuery, *, visibility: Visibility = EVERYTHING, runs: RunsInForce | None = None) -> CostAnswer:
    """Return the costs asked for, as far as somebody may see them.

    The runs in force never change, so that an answer is kept under their ids.
    """
    runs = runs or runs_in_force([*query.periods, *query.compared_periods])
    periods = [period for period in (*query.periods, *query.compared_periods) if period in runs.ids]
    key = _key(query, [runs.ids[period] for period in periods], visibility)
    kept: CostAnswer | None = _kept(key)
    if kept is not None:
        return kept
    buckets = tuple(_buckets(query))
    found = CostAnswer(
        query=query,
        buckets=buckets,
        currencies=_currencies(
            query,
            *statement(query, buckets=buckets, periods=periods, visibility=visibility),
            has_comparison=any(period in runs.ids for period in query.compared_periods),
        ),
        run_ids=tuple(runs.ids[period] for period in periods),
        missing_periods=tuple(period for period in query.periods if period not in runs.ids),
        missing_compared_periods=tuple(period for period in query.compared_periods if period not in runs.ids),
    )
    if sum(len(one.lines) for one in found.currencies) * len(buckets) <= MOST_ROWS_CACHED * 12:
        _keep(key, found)
    return found


def _buckets(query: CostQuery) -> list[date]:
    if query.granularity == "total":
        return [query.first]
    if query.granularity == "month":
        return list(query.periods)
    end = next_period(query.last)
    return [query.first + timedelta(days=number) for number in range((end - query.first).days)]


def _currencies(
    query: CostQuery, text: str, parameters: dict[str, Any], *, has_comparison: bool
) -> tuple[CurrencyAnswer, ...]:
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        rows = cursor.fetchall()
    lines: dict[str, dict[int, CostLine]] = {}
    for currency, place, count, *values in rows:
        groups, costs = values[: len(query.by)], values[len(query.by) : -1]
        lines.setdefault(currency, {})[place] = CostLine(
            groups=() if place > query.limit else tuple(groups),
            costs=tuple(costs),
            total=sum(costs, Decimal(0)),
            comparison=values[-1] if has_comparison else None,
            count=count,
        )
    found = (_currency(currency, by_place, limit=query.limit) for currency, by_place in lines.items())
    return tuple(sorted(found, key=lambda one: (-one.total.total.copy_abs(), one.currency)))


def _currency(currency: str, by_place: dict[int, CostLine], *, limit: int) -> CurrencyAnswer:
    everything = list(by_place.values())
    has_comparison = any(line.comparison is not None for line in everything)
    return CurrencyAnswer(
        currency=currency,
        lines=tuple(by_place[place] for place in sorted(by_place) if place <= limit),
        rest=by_place.get(limit + 1),
        total=CostLine(
            groups=(),
            costs=tuple(sum(costs, Decimal(0)) for costs in zip(*(line.costs for line in everything), strict=True)),
            total=sum((line.total for line in everything), Decimal(0)),
            comparison=sum((line.comparison or Decimal(0) for line in everything), Decimal(0))
            if has_comparison
            else None,
            count=sum(line.count for line in everything),
        ),
    )


def _key(query: CostQuery, runs: list[UUID], visibility: Visibility) -> str:
    text = repr((CACHE_VERSION, query, runs, visibility))
    return f"costs/{current_organization_id()}/{hashlib.sha256(text.encode()).hexdigest()}"


def _kept(key: str) -> Any:
    try:
        return cache.get(key)
    except RedisError as error:
        logger.warning("costs.cache_unavailable", error=str(error))
        return None


def _keep(key: str, found: CostAnswer) -> None:
    try:
        cache.set(key, found, CACHE_SECONDS)
    except RedisError as error:
        logger.warning("costs.cache_unavailable", error=str(error))

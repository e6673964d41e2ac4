"""The answer to a question about costs: sums over the mart, or over the smallest of its rollups that can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import connection

from allocation.costs.months import Row, folders_with_months, rows_of_months
from allocation.costs.query import CostQuery, RuleSetNames
from allocation.costs.statement import DAILY, looks_at_days, statement, table_for
from allocation.models import AllocationRun
from allocation.selectors import EVERYTHING, Visibility, names_of
from itfm.core.keeping import kept
from itfm.core.periods import next_period

MOST_SUMS_KEPT: Final = 12_000


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
    return kept(
        "costs",
        (query, [runs.ids[period] for period in periods], visibility),
        lambda organization_id: _worked_out(query, periods, organization_id, visibility=visibility, runs=runs),
        is_worth_keeping=_is_small,
    )


def _is_small(found: CostAnswer) -> bool:
    return sum(len(one.lines) for one in found.currencies) * len(found.buckets) <= MOST_SUMS_KEPT


def _worked_out(
    query: CostQuery, periods: Sequence[date], organization_id: UUID, *, visibility: Visibility, runs: RunsInForce
) -> CostAnswer:
    buckets = tuple(_buckets(query))
    ids = {period: runs.ids[period] for period in periods}
    return CostAnswer(
        query=query,
        buckets=buckets,
        currencies=_currencies(
            query,
            _rows(query, ids, organization_id, buckets=buckets, visibility=visibility),
            has_comparison=any(period in runs.ids for period in query.compared_periods),
        ),
        run_ids=tuple(ids.values()),
        missing_periods=tuple(period for period in query.periods if period not in runs.ids),
        missing_compared_periods=tuple(period for period in query.compared_periods if period not in runs.ids),
    )


def _buckets(query: CostQuery) -> list[date]:
    if query.granularity == "total":
        return [query.first]
    if query.granularity == "month":
        return list(query.periods)
    end = next_period(query.last)
    return [query.first + timedelta(days=number) for number in range((end - query.first).days)]


def _rows(
    query: CostQuery,
    runs: Mapping[date, UUID],
    organization_id: UUID,
    *,
    buckets: Sequence[date],
    visibility: Visibility,
) -> list[Row]:
    """Ask the files of the runs, or Postgres where those cannot tell or are not there."""
    # Postgres has the sums of segments by day at hand; all else is faster told by the files of runs.
    if not looks_at_days(query) or table_for(query) != DAILY:
        folders = folders_with_months(runs, organization_id)
        if folders is not None:
            return rows_of_months(
                query, folders, organization_id=organization_id, buckets=buckets, visibility=visibility
            )
    text, parameters = statement(query, buckets=buckets, periods=list(runs), visibility=visibility)
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)
        found = cursor.fetchall()
    by = slice(3, 3 + len(query.by))
    return [Row(row[0], row[1], row[2], row[by], row[by.stop : -1], row[-1]) for row in found]


def _currencies(query: CostQuery, rows: Sequence[Row], *, has_comparison: bool) -> tuple[CurrencyAnswer, ...]:
    lines: dict[str, dict[int, CostLine]] = {}
    for row in rows:
        lines.setdefault(row.currency, {})[row.place] = CostLine(
            groups=() if row.place > query.limit else row.groups,
            costs=row.costs,
            total=sum(row.costs, Decimal(0)),
            comparison=row.compared if has_comparison else None,
            count=row.combinations,
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

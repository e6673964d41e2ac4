"""From the cost-center tree and the mart to the showback pages."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.forms import Form

from allocation.costs.query import Filter
from allocation.explain.slices import Slice
from allocation.selectors import Visibility, allocated_periods, run_in_force
from itfm.core.money import total
from itfm.core.periods import period_name, previous_period
from itfm.web.explain.address import query_of
from itfm.web.settings.inert import inert
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.showback.answers_build import answer_rows
from itfm.web.showback.chart import monthly_bars
from itfm.web.showback.page import (
    CenterRow,
    CurrencyCard,
    CurrencyTree,
    LineRow,
    MonthCost,
    ScorecardPage,
    ShowbackPage,
)
from itfm.web.showback.words import cause_sentence, share_words
from showback.centers import CenterCosts, CenterTree, ancestors, center_tree
from showback.completeness import completeness_of
from showback.models import CostCenter
from showback.statement import CurrencyStatement, Line, Months, Statement
from showback.statements import DIMENSION, DIRECT, statement

CSV_COLUMNS: Final = (
    "cost_center", "name", "period", "currency", "kind", "part", "amount", "month_before", "average_of_three_before",
    "share_percent", "shared_by",
)  # fmt: skip


def shown_period(wanted: date | None, *, at: datetime) -> PeriodChoice:
    """Return the period asked for, or the newest month that is over and has a ledger, or the newest with one."""
    periods = allocated_periods()
    this_month = date(at.year, at.month, 1)
    over = next((period for period in periods if period < this_month), None)
    shown = wanted or over or next(iter(periods), this_month)
    return PeriodChoice(shown=shown, available=tuple(sorted({*periods, shown}, reverse=True)))


def showback_page(
    *, shell: Shell, period: PeriodChoice, visibility: Visibility, may_read_bills: bool, may_write: bool
) -> ShowbackPage:
    """Return the page of all cost centers."""
    completeness = completeness_of(period.shown, run=run_in_force(period.shown))
    before = previous_period(period.shown)
    tree = center_tree(period.shown, before=before, visibility=visibility)
    trees = [
        _tree(currency, tree, has_outside=visibility.sees_everything, has_before=before in period.available)
        for currency in sorted(
            {*tree.outside, *(currency for one in tree.rows for currency in {*one.now, *one.before})}
        )
    ]
    return ShowbackPage(
        shell=shell,
        period=period,
        currencies=tuple(sorted(trees, key=lambda one: (-one.total.now, one.currency))),
        completeness=completeness if may_read_bills else completeness.without_sources(),
        has_centers=bool(tree.rows),
        is_scoped=not visibility.sees_everything,
        may_write=may_write,
        answers=answer_rows() if visibility.sees_everything else (),
    )


def _tree(currency: str, tree: CenterTree, *, has_outside: bool, has_before: bool) -> CurrencyTree:
    rows = tuple(_center_row(one, currency, has_before=has_before) for one in tree.rows)
    zero = Decimal(0)
    outside = Months(
        now=tree.outside.get(currency, zero),
        before=tree.outside_before.get(currency, zero) if has_before else None,
        average=None,
    )
    roots = [row.months for row in rows if row.depth == 0] + ([outside] if has_outside else [])
    return CurrencyTree(
        currency=currency,
        rows=rows,
        outside=outside if has_outside else None,
        total=Months(
            now=total(months.now for months in roots),
            before=total(months.before or zero for months in roots) if has_before else None,
            average=None,
        ),
    )


def _center_row(one: CenterCosts, currency: str, *, has_before: bool) -> CenterRow:
    zero = Decimal(0)
    before = one.before.get(currency, zero) if has_before else None
    return CenterRow(
        code=one.center.code,
        name=one.center.name,
        address=one.center.address,
        owner_email=one.center.owner_email,
        depth=min(one.depth, 4),
        months=Months(now=one.now.get(currency, zero), before=before, average=None),
    )


def scorecard_page(
    center: CostCenter,
    *,
    shell: Shell,
    period: PeriodChoice,
    visibility: Visibility,
    may_read_bills: bool,
    owner_form: Form | None,
) -> ScorecardPage:
    """Return the page of one cost center."""
    found = statement(center, period=period.shown, visibility=visibility)
    effects = dict(found.rules.effects)
    return ScorecardPage(
        shell=shell,
        period=period,
        statement=found,
        completeness=found.completeness if may_read_bills else found.completeness.without_sources(),
        address=center.address,
        path=tuple((above.name, above.address) for above in ancestors(center, visibility=visibility)),
        owner_email=center.owner_email,
        cards=tuple(_card(one, found=found, effect=effects.get(one.currency)) for one in found.currencies),
        owner_form=owner_form,
    )


def _card(one: CurrencyStatement, *, found: Statement, effect: Decimal | None) -> CurrencyCard:
    own = Filter(name=DIMENSION, values=found.codes)
    trend = found.trend.get(one.currency, {})
    return CurrencyCard(
        statement=one,
        lines=tuple(
            LineRow(line=line, share=share_words(line), query=_query(line, one.currency, found.period, own=own))
            for line in one.lines
        ),
        cause=cause_sentence(one),
        query=query_of(Slice(period=found.period, currency=one.currency, filters=(own,))),
        effect=effect,
        figure=monthly_bars(trend, currency=one.currency),
        trend=tuple(MonthCost(month=month, cost=cost) for month, cost in sorted(trend.items(), reverse=True)),
    )


def _query(line: Line, currency: str, period: date, *, own: Filter) -> str:
    """Return the slice of a line; direct cost without its credits is no slice of its own."""
    if line.kind != "shared":
        return ""
    filters = (own, Filter(name="origin", values=(line.key or DIRECT,)))
    return query_of(Slice(period=period, currency=currency, filters=filters))


def statement_csv(found: Statement) -> str:
    """Return a statement with every digit, one line per part, the totals last."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    head = [inert(found.code), inert(found.name), period_name(found.period)]
    for one in found.currencies:
        for line in one.lines:
            row = [line.kind, inert(line.name), *_amounts(line.months), _number(line.share_percent)]
            writer.writerow([*head, inert(one.currency), *row, inert(line.shared_by)])
        writer.writerow([*head, inert(one.currency), "total", "Total", *_amounts(one.total), "", ""])
    return buffer.getvalue()


def _amounts(months: Months) -> list[str]:
    return [_number(amount) for amount in (months.now, months.before, months.average)]


def _number(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"

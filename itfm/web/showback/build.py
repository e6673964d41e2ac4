"""From the cost-center tree and the mart to the showback pages."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django.forms import Form

from allocation.costs.query import Filter
from allocation.explain.slices import Slice
from allocation.selectors import Visibility, allocated_periods, run_in_force
from itfm.core.inert import inert
from itfm.core.periods import period_name, previous_period
from itfm.web.components import Paging
from itfm.web.explain.address import query_of
from itfm.web.shell.page import PeriodChoice, Shell
from itfm.web.showback.actions import action_rows
from itfm.web.showback.answers_build import answer_rows
from itfm.web.showback.chart import monthly_bars
from itfm.web.showback.movers import mover_address
from itfm.web.showback.page import (
    CenterRow,
    CurrencyCard,
    CurrencyTree,
    LineRow,
    MonthCost,
    ScorecardPage,
    ShowbackPage,
    TreePart,
)
from itfm.web.showback.words import cause_sentence, share_words
from showback.centers import CenterTree, Costs, Part, ancestors, center_tree
from showback.completeness import completeness_of
from showback.models import CostCenter
from showback.statement import CurrencyStatement, Line, Months, Statement
from showback.statements import DIRECT, statement

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
    *,
    shell: Shell,
    period: PeriodChoice,
    visibility: Visibility,
    under: CostCenter | None,
    text: str,
    number: int,
    may_read_bills: bool,
    may_write: bool,
) -> ShowbackPage:
    """Return the page of all cost centers: of a small tree whole, of a large one a level or what a search finds."""
    completeness = completeness_of(period.shown, run=run_in_force(period.shown))
    before = previous_period(period.shown)
    part = Part(under=under, text=text, number=number)
    tree = center_tree(period.shown, before=before, visibility=visibility, part=part)
    trees = [
        _tree(
            currency,
            tree,
            part=part,
            has_outside=visibility.sees_everything and under is None and not text,
            has_before=before in period.available,
        )
        for currency in sorted({*tree.total, *tree.total_before}, key=lambda one: (-tree.total.get(one, 0), one))
    ]
    return ShowbackPage(
        shell=shell,
        period=period,
        currencies=tuple(trees),
        completeness=completeness if may_read_bills else completeness.without_sources(),
        part=_part(part, tree, period=period.shown, visibility=visibility),
        has_centers=bool(tree.rows or text or under),
        is_scoped=not visibility.sees_everything,
        may_write=may_write,
        answers=answer_rows() if visibility.sees_everything else (),
    )


def _part(part: Part, tree: CenterTree, *, period: date, visibility: Visibility) -> TreePart:
    above = ancestors(part.under, visibility=visibility) if part.under else []
    under = part.under.address if part.under else ""
    asked = {"period": period_name(period), "under": under, "q": part.text}
    return TreePart(
        is_whole=tree.is_whole,
        text=part.text,
        under=under,
        under_name=part.under.name if part.under else "",
        path=tuple((one.name, one.address) for one in above),
        paging=Paging(number=tree.number, count=tree.count, per_page=part.per_page),
        query=urlencode({name: value for name, value in asked.items() if value}),
    )


def _tree(currency: str, tree: CenterTree, *, part: Part, has_outside: bool, has_before: bool) -> CurrencyTree:
    def months(now: Costs, before: Costs) -> Months:
        zero = Decimal(0)
        return Months(
            now=now.get(currency, zero), before=before.get(currency, zero) if has_before else None, average=None
        )

    return CurrencyTree(
        currency=currency,
        rows=tuple(
            CenterRow(
                code=one.center.code,
                name=one.center.name,
                address=one.center.address,
                owner_email=one.center.owner_email,
                depth=min(one.depth, 4),
                below=one.below,
                months=months(one.now, one.before),
            )
            for one in tree.rows
        ),
        itself=months(tree.itself, tree.itself_before) if part.under and not part.text else None,
        outside=months(tree.outside, tree.outside_before) if has_outside else None,
        total=None if part.text else months(tree.total, tree.total_before),
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
        cards=tuple(
            _card(one, found=found, within=center.address, effect=effects.get(one.currency)) for one in found.currencies
        ),
        owner_form=owner_form,
        actions=action_rows(found),
    )


def _card(one: CurrencyStatement, *, found: Statement, within: str, effect: Decimal | None) -> CurrencyCard:
    trend = found.trend.get(one.currency, {})
    return CurrencyCard(
        statement=one,
        lines=tuple(
            LineRow(line=line, share=share_words(line), query=_query(line, one.currency, found.period, within=within))
            for line in one.lines
        ),
        movers=tuple((mover, mover_address(mover, found, currency=one.currency)) for mover in one.top_movers),
        cause=cause_sentence(one),
        query=query_of(Slice(period=found.period, currency=one.currency), within=within),
        effect=effect,
        figure=monthly_bars(trend, currency=one.currency),
        trend=tuple(MonthCost(month=month, cost=cost) for month, cost in sorted(trend.items(), reverse=True)),
    )


def _query(line: Line, currency: str, period: date, *, within: str) -> str:
    """Return the slice of a line; direct cost without its credits is no slice of its own."""
    if line.kind != "shared":
        return ""
    origin = Filter(name="origin", values=(line.key or DIRECT,))
    return query_of(Slice(period=period, currency=currency, filters=(origin,)), within=within)


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

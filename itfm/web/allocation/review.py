"""From a draft to the page that shows what publishing it would change."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import reduce
from typing import Final
from uuid import UUID

from allocation.matches import Catch, Month, month
from allocation.moves import moves
from allocation.working import WorkingRules, working_rules
from itfm.web.allocation.build import catch_figures, draft_bar
from itfm.web.allocation.differences import differences
from itfm.web.allocation.page import MoneyChange, MoveRow, MovesPart, ReviewPage
from itfm.web.shell.page import PeriodChoice, Shell

MOVES: Final = 12
"""How many moves of a dimension are shown."""


def review_page(*, shell: Shell, organization_id: UUID, period: PeriodChoice) -> ReviewPage:
    """Return what differs between the version in force and the draft, in words and in what stays uncaught."""
    working = working_rules()
    bills = month(organization_id, period=period.shown).under(working.in_force, working.rules)
    before, after = bills.catches(working.in_force), bills.catches(working.rules)
    coverage = []
    for dimension in working.rules.dimensions:
        new = dict(after[dimension.key].uncaught.costs)
        totals = dict(after[dimension.key].total.costs)
        # Before a dimension is there, nothing has a value of it.
        old = dict(before[dimension.key].uncaught.costs) if dimension.key in before else totals
        changes = tuple(
            MoneyChange(
                value=None, currency=currency, before=old.get(currency, Decimal(0)), after=new.get(currency, Decimal(0))
            )
            for currency in totals
        )
        coverage.append((dimension.name, changes))
    return ReviewPage(
        shell=shell,
        bar=draft_bar(working, may_write=True, notes=bills.notes),
        period=period,
        changes=differences(working.in_force, working.rules),
        coverage=tuple(coverage),
        moves=tuple(_moves(bills, working)),
    )


def _moves(bills: Month, working: WorkingRules) -> Iterator[MovesPart]:
    found = moves(bills, before=working.in_force, after=working.rules)
    for dimension in working.rules.dimensions:
        listed = found[dimension.key]
        if listed:
            yield MovesPart(
                name=dimension.name,
                rows=tuple(
                    MoveRow(old=move.old, new=move.new, catch=catch_figures(move.catch)) for move in listed[:MOVES]
                ),
                move_count=len(listed),
                total=catch_figures(reduce(Catch.plus, (move.catch for move in listed))),
            )

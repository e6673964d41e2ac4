"""Reading a question on Explore from the words of an address, as a page or a program gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from allocation.costs.answer import RunsInForce, runs_in_force
from allocation.costs.query import CostQuery, parse, shifted
from allocation.selectors import allocated_periods
from itfm.core.periods import period_name
from itfm.web.explore.drill import default_grouping
from itfm.web.lens import Lens

FIRST_PERIODS: Final = 6
"""How many periods a question that names none is about."""


def question_of(
    asked: Mapping[str, Sequence[str]], *, lens: Lens, is_grouped: bool = True
) -> tuple[CostQuery, RunsInForce, list[date]]:
    """Return the question, the runs it is about, and the periods there are.

    With `is_grouped`, one that says nothing of groups is grouped as the lens has it.

    :raises QueryError: it cannot be read.
    """
    params = {name: list(values) for name, values in asked.items()}
    periods = allocated_periods()
    newest = periods[0] if periods else date(2000, 1, 1)
    if not (params.get("first") or params.get("last")) and periods:
        params["first"] = [period_name(max(periods[-1], shifted(newest, months=1 - FIRST_PERIODS)))]
        params["last"] = [period_name(newest)]
    # Names are those of the newest run's rules: a first reading without them finds out which periods are meant.
    plain = {name: values for name, values in params.items() if name not in {"by", "is", "not"}}
    meant = parse(plain, rule_set=runs_in_force([]).rule_set, default=newest)
    runs = runs_in_force([*meant.periods, *meant.compared_periods])
    if not runs.ids and periods:
        runs = RunsInForce(ids={}, rule_set=runs_in_force(periods[:1]).rule_set)
    if "by" not in params and is_grouped:
        params["by"] = list(default_grouping(runs.rule_set, lens))
    return parse(params, rule_set=runs.rule_set, default=newest), runs, periods

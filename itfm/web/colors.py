"""Which colors the values of a dimension keep on every page: those of the organization's largest ones."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from allocation.costs.answer import CostAnswer, RunsInForce, answer
from allocation.costs.query import CostQuery
from allocation.selectors import allocated_periods
from itfm.web.charts.palette import SLOTS, slots


def kept_slots(name: str, *, newest: date | None = None, runs: RunsInForce | None = None) -> Mapping[str, str]:
    """Return the slots of the values that cost most in the newest month, by a column or dimension's key.

    They are found over the whole organization, whatever a page shows of it, so that a month, a filter or a scope
    changes no color. `newest` and `runs` spare a page that knows them from asking again.
    """
    newest = newest or next(iter(allocated_periods()), None)
    if newest is None:
        return {}
    asked = CostQuery(first=newest, last=newest, by=(name,), granularity="total", limit=SLOTS + 1)
    return largest_slots(answer(asked, runs=runs))


def largest_slots(found: CostAnswer) -> Mapping[str, str]:
    """Return the slots of the values that cost most in an answer for the newest month, by one name."""
    if not found.currencies:
        return {}
    largest = [line.groups[0] for line in found.currencies[0].lines if line.groups[0] is not None]
    return slots(str(value) for value in largest[:SLOTS])

"""What stands behind a change that a scorecard and its letter name, as a question of Explore. Pure."""

from __future__ import annotations

from typing import Final

from django.urls import reverse

from allocation.costs.query import CostQuery, Filter
from itfm.web.explore.drill import address
from showback.statement import Mover, Statement
from showback.statements import CREDIT, DIMENSION, DIRECT

MOST_CODES: Final = 40
"""Addresses with the codes of a larger tree would be too long for mail programs."""


def mover_address(mover: Mover, found: Statement, *, currency: str) -> str:
    """Return the path of the page that takes a change apart, beside the month before; empty for very large trees."""
    if len(found.codes) > MOST_CODES:
        return ""
    own = {
        "direct": [Filter(name="origin", values=(DIRECT,)), Filter(name="service_name", values=(mover.key or None,))],
        "credit": [Filter(name="origin", values=(DIRECT,)), Filter(name="charge_category", values=(CREDIT,))],
        "shared": [Filter(name="origin", values=(mover.key,))],
    }[mover.kind]
    if mover.kind == "direct":
        own.append(Filter(name="charge_category", values=(CREDIT,), exclude=True))
    query = CostQuery(
        first=found.period,
        last=found.period,
        by=("sub_account_id",) if mover.kind == "direct" else ("service_name",),
        filters=(Filter(name=DIMENSION, values=tuple(found.codes)), *own),
        currency=currency,
        compare="previous",
    )
    return address(query, "engineering", to=reverse("explore"))

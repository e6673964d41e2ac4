"""Contracts that end soon, in words, each with the way to what it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.urls import reverse

from allocation.costs.query import CostQuery, Filter
from ingestion.renewals import Term
from itfm.web.display import day_text
from itfm.web.explore.drill import address
from itfm.web.lens import Lens
from itfm.web.overview.page import Renewal

_ENDS: Final = {None: "", True: "renews by itself", False: "ends unless renewed"}


def renewal_rows(terms: Iterable[Term], *, today: date, lens: Lens) -> tuple[Renewal, ...]:
    """Return the terms as the card shows them."""
    return tuple(
        Renewal(
            name=one.name,
            about=", ".join(filter(None, (one.vendor, one.contract, _seats(one)))),
            url=_address(one, lens),
            ends_on=one.ends_on,
            decision=_decision(one, today=today),
            is_late=one.decide_by < today,
            amounts=tuple(sorted(one.amounts.items())),
        )
        for one in terms
    )


def _seats(one: Term) -> str:
    if one.seats is None:
        return ""
    return f"{one.seats:,} seats" if one.seats_active is None else f"{one.seats_active:,} of {one.seats:,} seats in use"


def _decision(one: Term, *, today: date) -> str:
    """Return what happens at the end, and by when it can be changed."""
    end = _ENDS[one.renews_by_itself]
    if one.notice_by is None:
        return end.capitalize()
    notice = (
        f"Notice was due {day_text(one.notice_by)}" if one.notice_by < today else f"Notice by {day_text(one.notice_by)}"
    )
    return f"{notice}; {end}" if end else notice


def _address(one: Term, lens: Lens) -> str:
    """Return the path of what the contract costs in the month of its newest bill, by who has it."""
    filters = (
        Filter(name="source_id", values=(str(one.source_id),)),
        Filter(name="sub_account_id", values=(one.contract,)),
    )
    query = CostQuery(first=one.period, last=one.period, by=("service_name",), filters=filters)
    return address(query, lens, to=reverse("explore"))

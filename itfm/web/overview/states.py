"""How far the bills of a period reach, by currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from ingestion.models import BillRevision
from itfm.core.periods import next_period
from itfm.web.overview.page import DataState


def data_states(period: date, revisions: Iterable[BillRevision]) -> dict[str, DataState]:
    """Return how far the revisions in force reach; a currency that no bill has is absent.

    Data is through the day that all bills with usage cover. It is complete when each bill covers the last day, or was
    delivered after the period had ended: a service may well have been used on the first days only.
    """
    by_currency: dict[str, list[BillRevision]] = defaultdict(list)
    for revision in revisions:
        for currency in revision.totals:
            by_currency[currency].append(revision)
    last = next_period(period) - timedelta(days=1)
    return {
        currency: DataState(
            first_day=period,
            last_day=last,
            through=min((one.charges_through for one in found if one.charges_through), default=None),
            is_complete=all(_is_complete(one, last=last) for one in found),
        )
        for currency, found in by_currency.items()
    }


def _is_complete(revision: BillRevision, *, last: date) -> bool:
    covers = revision.charges_through is not None and revision.charges_through >= last
    return covers or timezone.localdate(revision.imported_at) > last

"""How far a driver reaches: which of its rows name a receiver, and which of the days asked for it measured. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from allocation.engine.drivers import DriverValue
from allocation.engine.findings import UNMATCHED, DriverMatch, Finding, first_values
from allocation.engine.splits import Split
from allocation.engine.streams import Stream
from allocation.engine.weighing import Reads
from itfm.core import money


def stream_of(read: Reads, values: Sequence[DriverValue], *, split: Split, until: date) -> Stream:
    """Return a driver day by day as a split reads it; a price is never filled, for it holds until the next."""
    return Stream(values, missing="zero" if read.role == "price" else split.missing, until=until)


def driver_match(
    read: Reads,
    values: Sequence[DriverValue],
    *,
    split: Split,
    known: frozenset[str] | None,
    days: Collection[date],
    stream: Stream,
) -> DriverMatch:
    """Return how a driver's rows meet the receivers (`known`; None: any), and its coverage of the days asked for."""
    unmatched = [] if known is None else [row for row in values if row.value not in known]
    needed = {day for day in days if day <= stream.until} if read.role != "price" else set()
    measured = {day for day in needed if stream.is_measured(day)}
    return DriverMatch(
        split=split.key,
        driver=read.driver,
        received=len(values),
        matched=len(values) - len(unmatched),
        unmatched=len(unmatched),
        unmatched_quantity=money.total(row.quantity for row in unmatched),
        days_needed=len(needed),
        days_measured=len(measured),
        days_filled=sum(stream.on(day) is not None for day in needed - measured),
    )


def unmatched_finding(match: DriverMatch, values: Sequence[DriverValue], *, known: frozenset[str]) -> Finding:
    """Return the finding about rows that name no receiver."""
    return Finding(
        code=UNMATCHED,
        split=match.split,
        message=f"{match.unmatched} of {match.received} rows of {match.driver} name no receiver.",
        values=first_values({row.value for row in values} - known),
    )

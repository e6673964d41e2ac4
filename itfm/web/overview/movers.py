"""What moved since the month before, and why: causes that sum to the change. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from itfm.core.money import CONTEXT
from itfm.core.money import total as exact_sum
from itfm.web.overview.page import Cause, Mover, percent_of

MOVERS: Final = 5
CAUSES: Final = 3
UNALLOCATED: Final = "Unallocated"
DIRECT: Final = "direct"
_ZERO: Final = Decimal(0)


class Origin(NamedTuple):
    """Where cost of a value comes from: a service of its own, or a split."""

    origin: str
    service: str | None

    @property
    def name(self) -> str:
        """The origin in words."""
        if self.origin != DIRECT:
            return f"shared cost ({self.origin.replace('_', ' ')})"
        return self.service or "charges without a service"


Costs = Mapping[str | None, Mapping[Origin, Decimal]]
"""Cost by value of the dimension and by origin."""


def costs_by_origin(rows: Iterable[tuple[Sequence[object], Decimal]]) -> Costs:
    """Return costs grouped by value, origin and service as a table of sums; shared cost has no service."""
    sums: dict[str | None, dict[Origin, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for groups, cost in rows:
        *values, origin, service = groups
        value = values[0] if values else None
        place = Origin(str(origin), str(service) if origin == DIRECT and service is not None else None)
        found = sums[None if value is None else str(value)]
        found[place] = CONTEXT.add(found[place], cost)
    return {value: {place: cost for place, cost in costs.items() if cost} for value, costs in sums.items()}


def totals(costs: Costs) -> dict[str | None, Decimal]:
    """Return the sum of each value."""
    return {value: exact_sum(origins.values()) for value, origins in costs.items()}


def most_moved(now: Mapping[str | None, Decimal], before: Mapping[str | None, Decimal]) -> list[str | None]:
    """Return the values whose cost changed most, whatever the direction, the largest change first."""
    changes = {value: _change(value, now, before) for value in {*now, *before}}
    moved = [value for value, change in changes.items() if change]
    moved.sort(key=lambda value: (changes[value].copy_abs().copy_negate(), value or UNALLOCATED))
    return moved[:MOVERS]


def _change(value: str | None, now: Mapping[str | None, Decimal], before: Mapping[str | None, Decimal]) -> Decimal:
    return CONTEXT.subtract(now.get(value, _ZERO), before.get(value, _ZERO))


def movers(
    now: Costs, before: Costs, *, query_of_value: Callable[[str | None], str], text: Callable[[str], str] = str
) -> tuple[Mover, ...]:
    """Return the values whose cost changed most, whatever the direction; `text` says what a value is called."""
    totals_now, totals_before = totals(now), totals(before)
    return tuple(
        Mover(
            name=UNALLOCATED if value is None else text(value),
            change=_change(value, totals_now, totals_before),
            change_percent=percent_of(
                _change(value, totals_now, totals_before), totals_before.get(value, _ZERO).copy_abs()
            ),
            causes=_shortened(_causes(now.get(value, {}), before.get(value, {}))),
            query=query_of_value(value),
            is_unallocated=value is None,
        )
        for value in most_moved(totals_now, totals_before)
    )


def _causes(now: Mapping[Origin, Decimal], before: Mapping[Origin, Decimal]) -> list[Cause]:
    causes = [
        Cause(
            name=origin.name,
            change=CONTEXT.subtract(now.get(origin, _ZERO), before.get(origin, _ZERO)),
            is_new=origin not in before,
            has_ended=origin not in now,
        )
        for origin in {*now, *before}
    ]
    changed = [cause for cause in causes if cause.change]
    return sorted(changed, key=lambda cause: (cause.change.copy_abs().copy_negate(), cause.name))


def _shortened(causes: list[Cause]) -> tuple[Cause, ...]:
    # A single cause left over is told by its name rather than as "1 other".
    kept = CAUSES if len(causes) > CAUSES + 1 else len(causes)
    rest = causes[kept:]
    others = (Cause(name=f"{len(rest)} others", change=exact_sum(cause.change for cause in rest)),) if rest else ()
    return (*causes[:kept], *others)

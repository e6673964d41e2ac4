"""Lines of cost and of usage, and which usage a line of cost pays. Pure.

Costs and usage come from two reports with no key in common. A line of cost takes the quantity of the usage of its day,
project, model and kind of token where no other line could be meant, and usage that no line takes stands as a line of
its own that costs nothing: so each quantity is told once.

| costs                        | usage                   | lines                                                 |
|------------------------------|-------------------------|-------------------------------------------------------|
| input 1.00                   | input 400               | 1.00 for 400                                          |
| input 1.00                   | input 400, batch 100    | 1.00 for 500                                          |
| standard 1.00, batch 0.10    | standard 400, batch 100 | 1.00 for 400; 0.10 for 100                            |
| input 1.00, priority 3.00    | input 400               | 1.00; 3.00; 0 for 400: nobody knows the priority part |
| input 1.00 for 300           | input 400               | 1.00 for 300; 0 for 100                               |
| -                            | priority 700            | 0 for 700                                             |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

TOKENS: Final = "Tokens"
REQUESTS: Final = "Requests"
WEB_SEARCHES: Final = "web_search_requests"
"""The one kind of use that is charged whatever model it was made by."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of one report over `[period_start, period_end)`.

    `account_id` is that of the project or workspace. A tier or context window of None is one that is not told.
    `quantity` is in `unit`; of usage it is never None, and `amount` and `currency` are those of a line that is free.
    """

    period_start: str
    period_end: str
    account_id: str | None = None
    description: str | None = None
    cost_type: str | None = None
    model: str | None = None
    token_type: str | None = None
    service_tier: str | None = None
    context_window: str | None = None
    region: str | None = None
    amount: Any = 0
    currency: Any = None
    quantity: Decimal | None = None
    unit: str | None = None

    @property
    def meter(self) -> tuple[str, str, str, str]:
        """What both reports tell of a line: its day, its account, the model and the kind of token."""
        model = "" if self.token_type == WEB_SEARCHES else (self.model or "").lower()
        return self.period_start[:10], self.account_id or "", model, self.token_type or ""

    @property
    def order(self) -> tuple[str, ...]:
        """Where a line stands, so that the same answers always make the same file."""
        others = (self.description, self.service_tier, self.context_window, self.region, self.model)
        return *self.meter, *(text or "" for text in others), str(self.amount), str(self.quantity)


def paired(costs: Iterable[Line], usage: Iterable[Line]) -> list[Line]:
    """Return the lines of cost with the quantities that are surely theirs, and the usage that is left, in order."""
    meters: dict[tuple[str, ...], tuple[list[Line], list[Line]]] = {}
    found = []
    for line in costs:
        if line.token_type is None:
            found.append(line)
        else:
            meters.setdefault(line.meter, ([], []))[0].append(line)
    for line in usage:
        meters.setdefault(line.meter, ([], []))[1].append(line)
    for of_meter in meters.values():
        for some_costs, some_usage in _groups(*of_meter):
            found.extend(_settled(some_costs, some_usage))
    return sorted(found, key=lambda line: line.order)


def _groups(costs: Sequence[Line], usage: Sequence[Line]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Part the lines of one meter into those that could be meant together."""
    left_costs, left_usage = list(costs), list(usage)
    while left_costs:
        some_costs, some_usage = [left_costs.pop(0)], []
        more_costs = some_costs
        while more_costs:
            more_usage = [line for line in left_usage if any(_fit(cost, line) for cost in more_costs)]
            left_usage = [line for line in left_usage if line not in more_usage]
            some_usage += more_usage
            more_costs = [cost for cost in left_costs if any(_fit(cost, line) for line in more_usage)]
            left_costs = [cost for cost in left_costs if cost not in more_costs]
            some_costs = some_costs + more_costs
        yield some_costs, some_usage
    yield from (([], [line]) for line in left_usage)


def _fit(cost: Line, usage: Line) -> bool:
    pairs = ((cost.service_tier, usage.service_tier), (cost.context_window, usage.context_window))
    return all(one is None or other is None or one == other for one, other in pairs)


def _settled(costs: list[Line], usage: list[Line]) -> Iterator[Line]:
    silent = [line for line in costs if line.quantity is None]
    told = [line for line in costs if line.quantity is not None and usage and line.unit == usage[0].unit]
    left = sum((line.quantity or Decimal(0) for line in usage), Decimal(0)) - sum(
        (line.quantity or Decimal(0) for line in told), Decimal(0)
    )
    yield from (line for line in costs if line not in silent)
    if len(silent) == 1 and usage and left >= 0:
        yield replace(_with_details(silent[0], usage), quantity=left, unit=usage[0].unit)
        return
    yield from silent
    if not told:
        yield from usage
    elif left > 0:
        yield replace(_with_details(replace(usage[0], service_tier=None, context_window=None), usage), quantity=left)


def _with_details(line: Line, usage: list[Line]) -> Line:
    """Return a line with the tier and context window that all its usage has, where it tells none itself."""
    tiers, windows = {one.service_tier for one in usage}, {one.context_window for one in usage}
    return replace(
        line,
        service_tier=line.service_tier or (next(iter(tiers)) if len(tiers) == 1 else None),
        context_window=line.context_window or (next(iter(windows)) if len(windows) == 1 else None),
    )

"""What a cost center cost in a billing period, and why it differs from the month before. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final, Literal
from uuid import UUID

from itfm.core.money import CONTEXT, total

MOST_MOVERS: Final = 5
MOST_CAUSES: Final = 3
AVERAGE_MONTHS: Final = 3

LineKind = Literal["direct", "shared", "credit"]
"""`shared`: what one split moved, in or out."""


@dataclass(frozen=True, kw_only=True)
class Months:
    """An amount in the period, the month before, and on average of the three months before; None without a ledger."""

    now: Decimal
    before: Decimal | None
    average: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """How much more it is than the month before."""
        return None if self.before is None else CONTEXT.subtract(self.now, self.before)

    @property
    def change_percent(self) -> Decimal | None:
        """The change against the size of the month before; None when that was zero or is not known."""
        change = self.change
        if change is None or not self.before:
            return None
        return CONTEXT.divide(CONTEXT.multiply(change, Decimal(100)), self.before.copy_abs())


@dataclass(frozen=True, kw_only=True)
class Line:
    """One part of the total; for what a split moved in, which share of its pool that is and by what it was shared."""

    kind: LineKind
    key: str
    """The split's key, empty for direct cost and credits."""
    name: str
    months: Months
    share_percent: Decimal | None = None
    shared_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Mover:
    """A service, or a shared pool, whose cost changed."""

    kind: LineKind
    key: str
    """The service as the bill has it, or the split's key; empty for credits and for what names no service."""
    name: str
    now: Decimal
    before: Decimal

    @property
    def change(self) -> Decimal:
        """How much more it is than the month before."""
        return CONTEXT.subtract(self.now, self.before)

    @property
    def word(self) -> Literal["new", "gone", "changed"]:
        """Whether it had no cost before, has none any more, or both have some."""
        if not self.before:
            return "new"
        return "gone" if not self.now else "changed"


@dataclass(frozen=True, kw_only=True)
class CausePart:
    """A part of the change as it is written: rounded, so that what is written sums up."""

    name: str
    change: Decimal
    word: Literal["new", "gone", "changed", "other"]


@dataclass(frozen=True, kw_only=True)
class CurrencyStatement:
    """The figures in one currency; the lines sum to the total, and so do the changes of all movers to its change."""

    currency: str
    lines: tuple[Line, ...]
    total: Months
    movers: tuple[Mover, ...]
    """All, by the size of their change; empty without a month before."""

    @property
    def top_movers(self) -> tuple[Mover, ...]:
        """The few that moved the most."""
        return self.movers[:MOST_MOVERS]

    @property
    def other_change(self) -> Decimal:
        """What the movers that are not listed changed together."""
        return total(mover.change for mover in self.movers[MOST_MOVERS:])

    def causes(self, *, places: int) -> tuple[CausePart, ...]:
        """Return the largest changes and the rest, rounded to a currency's decimals.

        The parts sum to the change as it is written: the rounded difference of both totals.
        """
        if self.total.change is None:
            return ()
        whole = _rounded(self.total.change, places)
        # A single mover left over is named rather than called other.
        named = MOST_CAUSES if len(self.movers) > MOST_CAUSES + 1 else len(self.movers)
        parts = [
            CausePart(name=mover.name, change=change, word=mover.word)
            for mover in self.movers[:named]
            if (change := _rounded(mover.change, places))
        ]
        rest = CONTEXT.subtract(whole, total(part.change for part in parts))
        return (*parts, CausePart(name="other", change=rest, word="other")) if rest else tuple(parts)


@dataclass(frozen=True, kw_only=True)
class RulesNote:
    """Which rules the figures stand on, and those of the month before; None where there was no run or no rules."""

    version: int | None
    previous_version: int | None
    replaced_version: int | None = None
    """The version under which the same bills of this period were allocated before."""
    effects: tuple[tuple[str, Decimal], ...] = ()
    """By currency, what the change from `replaced_version` to `version` adds to this cost center."""

    @property
    def has_changed(self) -> bool:
        """Whether the month before was allocated by another version."""
        return self.previous_version is not None and self.version != self.previous_version


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """Whether all of a period's bills are in and allocated; `reasons` say what is missing, empty when final."""

    data_through: date | None
    reasons: tuple[str, ...]

    @property
    def is_final(self) -> bool:
        """Whether nothing is missing."""
        return not self.reasons

    def without_sources(self) -> Completeness:
        """Return the same for somebody who may not know which sources there are."""
        return replace(self, reasons=("Some bills of this month are still to come.",) if self.reasons else ())


@dataclass(frozen=True, kw_only=True)
class Action:
    """A recommendation for a resource, and what that cost its cost center directly in the month.

    `estimated_monthly_savings` is the provider's estimate on the day `told_on`; `cost` is None where no bill has the
    resource in its currency. `code` is the cost center's own, which may stand below the one that is looked at.
    """

    code: str
    source_id: UUID
    source_name: str
    told_on: date
    recommendation_id: str
    action: str
    resource: str
    """As its provider names it."""
    billed_resource: str
    """As the bill has it."""
    resource_type: str
    account: str
    account_name: str
    current_summary: str
    recommended_summary: str
    currency: str
    estimated_monthly_savings: Decimal
    cost: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A cost center with all below it in a billing period, from the ledger in force."""

    code: str
    name: str
    codes: tuple[str, ...]
    """Its own and of all below, sorted."""
    period: date
    currencies: tuple[CurrencyStatement, ...]
    """The largest total first."""
    trend: Mapping[str, Mapping[date, Decimal]]
    """What it cost in each month up to the period that has a ledger, by currency."""
    rules: RulesNote
    completeness: Completeness
    actions: tuple[Action, ...] = ()
    """The few things that would save it the most, as providers estimate it."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A sum of the mart: what of one origin and service cost in one month."""

    period: date
    origin: str
    is_credit: bool
    service: str
    currency: str
    cost: Decimal


@dataclass(frozen=True, kw_only=True)
class SplitName:
    """How a split is called and by what it shares."""

    name: str
    shared_by: str


def currency_statement(
    cells: Sequence[Cell],
    *,
    currency: str,
    months: Sequence[date],
    known: frozenset[date],
    splits: Mapping[str, SplitName],
    pools: Mapping[str, Decimal],
) -> CurrencyStatement:
    """Return the figures of one currency.

    `months` are the period and the three before it, newest first; `known` those that have a ledger. `pools` is what
    each split moved in the whole organization in the period.
    """
    own = [cell for cell in cells if cell.currency == currency]
    keys = dict.fromkeys(_line_key(cell) for cell in own)
    lines = [
        _line(kind, key, [cell for cell in own if _line_key(cell) == (kind, key)], months, known, splits, pools)
        for kind, key in keys
    ]
    return CurrencyStatement(
        currency=currency,
        lines=tuple(sorted(lines, key=_line_order)),
        total=_months(own, months, known),
        movers=_movers(own, months, splits) if months[1] in known else (),
    )


def _line_key(cell: Cell) -> tuple[LineKind, str]:
    if cell.origin != "direct":
        return "shared", cell.origin
    return ("credit", "") if cell.is_credit else ("direct", "")


def _line(
    kind: LineKind,
    key: str,
    cells: Sequence[Cell],
    months: Sequence[date],
    known: frozenset[date],
    splits: Mapping[str, SplitName],
    pools: Mapping[str, Decimal],
) -> Line:
    amounts = _months(cells, months, known)
    if kind != "shared":
        return Line(kind=kind, key="", name="Direct cost" if kind == "direct" else "Credits", months=amounts)
    split = splits.get(key, SplitName(name=key, shared_by=""))
    pool = pools.get(key)
    # What leaves a pool is no share of it; a pool that is a credit gives credits.
    share = CONTEXT.divide(CONTEXT.multiply(amounts.now, Decimal(100)), pool) if pool and amounts.now > 0 else None
    return Line(kind=kind, key=key, name=split.name, months=amounts, share_percent=share, shared_by=split.shared_by)


def _line_order(line: Line) -> tuple[int, Decimal, str]:
    return ("direct", "shared", "credit").index(line.kind), -line.months.now, line.name


def _months(cells: Sequence[Cell], months: Sequence[date], known: frozenset[date]) -> Months:
    sums = {month: total(cell.cost for cell in cells if cell.period == month) for month in months}
    earlier = months[1 : 1 + AVERAGE_MONTHS]
    has_average = all(month in known for month in earlier)
    return Months(
        now=sums[months[0]],
        before=sums[months[1]] if months[1] in known else None,
        average=CONTEXT.divide(total(sums[month] for month in earlier), Decimal(len(earlier))) if has_average else None,
    )


def _movers(cells: Sequence[Cell], months: Sequence[date], splits: Mapping[str, SplitName]) -> tuple[Mover, ...]:
    sums: dict[tuple[LineKind, str], dict[date, Decimal]] = {}
    for cell in cells:
        kind, key = _line_key(cell)
        by_month = sums.setdefault((kind, cell.service if kind == "direct" else key), {})
        by_month[cell.period] = CONTEXT.add(by_month.get(cell.period, Decimal(0)), cell.cost)

    def name(kind: LineKind, key: str) -> str:
        if kind == "shared":
            return splits[key].name if key in splits else key
        return (key or "No service") if kind == "direct" else "Credits"

    movers = [
        Mover(
            kind=kind,
            key=key,
            name=name(kind, key),
            now=found.get(months[0], Decimal(0)),
            before=found.get(months[1], Decimal(0)),
        )
        for (kind, key), found in sums.items()
    ]
    changed = [mover for mover in movers if mover.change]
    return tuple(sorted(changed, key=lambda mover: (-mover.change.copy_abs(), mover.name)))


def _rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN, context=CONTEXT)

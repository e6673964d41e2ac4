"""A split of the draft worked out over a period's bills by the engine itself, and thrown away afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import duckdb

from allocation.bills import NotYetWidenedError, WideningError
from allocation.engine.inputs import RunInputs
from allocation.engine.relations import IN, KEPT, OUT
from allocation.engine.rules import RuleSet
from allocation.engine.run import allocate
from allocation.engine.splits import Split
from allocation.engines import engine_of
from allocation.matches import month
from allocation.models import DriverValue
from allocation.services.rules import with_driver_values
from itfm.core import lake
from itfm.core.periods import next_period

# What a split took from its pool and gave to each receiver. Grain: (entry, receiver, billing_currency).
# Weights that differ from day to day have a lowest and a highest.
_MOVES: Final = """
SELECT
    entry,
    CASE WHEN entry = 2 THEN json_extract_string(dimension_values, ?) END AS receiver,
    billing_currency,
    SUM(effective_cost),
    MIN(driver_quantity),
    MAX(driver_quantity),
    MIN(driver_total),
    MAX(driver_total),
    MAX(fallback)
FROM read_parquet(?)
JOIN read_parquet(?) USING (split_number)
JOIN read_parquet(?) USING (segment_id)
WHERE split_key = ?
GROUP BY entry, receiver, billing_currency
ORDER BY billing_currency, entry, SUM(effective_cost) DESC, receiver
"""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one receiver gets; weight and total are None where they differ from day to day."""

    receiver: str
    currency: str
    amount: Decimal
    weight: Decimal | None
    total: Decimal | None
    fallback: str


@dataclass(frozen=True, kw_only=True)
class SplitPreview:
    """What leaves the pool, by currency, who gets it, and what the engine has to say."""

    pools: tuple[tuple[str, Decimal], ...]
    kept: tuple[tuple[str, Decimal], ...]
    """What the method leaves in the pool, by currency; below zero when its receivers get more than is in it."""
    shares: tuple[Share, ...]
    held: tuple[tuple[str, Decimal], ...]
    findings: tuple[str, ...]


def split_preview(rules: RuleSet, *, key: str, organization_id: UUID, period: date) -> SplitPreview | None:
    """Return what a split would do after the stages before it; None where the period has no bill.

    :raises NotYetWidenedError: a worker has to prepare the bills first.
    :raises WideningError: a bill cannot be asked for what the rules look at.
    :raises TooManyProfilesError: pools cannot be decided for so many kinds of line.
    """
    split = next(one for one in rules.splits if one.key == key)
    bills = month(organization_id, period=period).under(rules)
    if not bills.revisions:
        return None
    if bills.pending:
        raise NotYetWidenedError(" ".join(bills.notes))
    if bills.refused:
        raise WideningError(" ".join(bills.refused))
    until = rules.model_copy(update={"splits": tuple(one for one in rules.splits if one.stage <= split.stage)})
    first = period - timedelta(days=until.days_back())
    given = with_driver_values(until, DriverValue.objects.filter(date__gte=first, date__lt=next_period(period)))
    with lake.scratch(organization_id) as scratch:
        result = allocate(
            RunInputs(revisions=bills.revisions, rule_set=given, period=period),
            output=scratch / "run",
            backend=engine_of(organization_id, scratch=scratch),
        )
        paths = [str(result.folder / f"{name}.parquet") for name in ("ledger", "splits", "segments")]
        with duckdb.connect() as database:
            rows = database.execute(_MOVES, [f'$."{split.receivers.dimension}"', *paths, key]).fetchall()
    return _preview(split, rows, result.proof)


def _preview(split: Split, rows: list[tuple[Any, ...]], proof: Any) -> SplitPreview:
    return SplitPreview(
        pools=tuple((row[2], -row[3]) for row in rows if row[0] == OUT),
        kept=tuple((row[2], row[3]) for row in rows if row[0] == KEPT),
        shares=tuple(
            Share(
                receiver=str(row[1]),
                currency=row[2],
                amount=row[3],
                weight=row[4] if row[4] == row[5] else None,
                total=row[6] if row[6] == row[7] else None,
                fallback=row[8] or "",
            )
            for row in rows
            if row[0] == IN
        ),
        held=tuple((one.billing_currency, one.costs["effective_cost"]) for one in proof.held if one.split == split.key),
        findings=tuple(one.message for one in proof.findings if one.split == split.key),
    )

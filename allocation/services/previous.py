"""The shares of the billing period before, for splits that fall back on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import duckdb

from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.engine.run_files import create_views
from allocation.engine.splits import Previous, Split
from allocation.models import AllocationRun
from itfm.core import lake
from itfm.core.periods import previous_period

# What each receiver of a split got over the whole period. Grain: (receiver).
_RECEIVED = """
SELECT json_extract_string(segments.dimension_values, '$."' || ? || '"') AS receiver, SUM(effective_cost)
FROM ledger
JOIN splits USING (split_number)
JOIN segments USING (segment_id)
WHERE split_key = ? AND entry = 2
GROUP BY receiver
ORDER BY receiver
"""


def falls_back(rules: EngineRuleSet) -> bool:
    """Return whether a split of these rules may fall back on the shares of the period before."""
    return any(_splits(rules))


def run_before(period: date, *, rules: EngineRuleSet) -> AllocationRun | None:
    """Return the run in force of the period before, when a split of these rules may fall back on its shares."""
    if not falls_back(rules):
        return None
    return AllocationRun.objects.filter(
        billing_period=previous_period(period), state=AllocationRun.State.PUBLISHED
    ).first()


def previous_weights(rules: EngineRuleSet, *, before: AllocationRun | None) -> dict[str, dict[str, Decimal]]:
    """Return what each receiver got a period ago, by split key.

    A split is left out when it moved nothing then, or gave somebody less than nothing, which is no share.
    """
    if before is None:
        return {}
    folder = lake.organization_folder(before.organization_id) / before.folder
    found: dict[str, dict[str, Decimal]] = {}
    with duckdb.connect() as database:
        create_views(database, folder, ("ledger", "splits", "segments"))
        for split in _splits(rules):
            received = database.execute(_RECEIVED, [split.receivers.dimension, split.key]).fetchall()
            weights = {receiver: amount for receiver, amount in received if amount}
            if weights and min(weights.values()) > 0:
                found[split.key] = weights
    return found


def _splits(rules: EngineRuleSet) -> Iterable[Split]:
    return (split for split in rules.splits if isinstance(split.fallback, Previous))

"""Two runs' ledgers side by side: what each value of a dimension costs in one and in the other, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from allocation.engine.run_files import create_views
from allocation.models import AllocationRun
from itfm.core import lake

# What each value of a dimension costs. Grain: (value, billing_currency). Unrounded; a null value is unallocated.
_SUMS: Final = """
SELECT json_extract_string(dimension_values, ?) AS value, billing_currency, SUM(effective_cost)
FROM ledger JOIN segments USING (segment_id)
GROUP BY value, billing_currency
"""


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """Effective cost of a value (None: unallocated) in one currency before and after."""

    value: str | None
    currency: str
    before: Decimal
    after: Decimal


def run_replaced_by(run: AllocationRun) -> AllocationRun | None:
    """Return the run whose ledger stood for the period before this one's did."""
    earlier = AllocationRun.objects.filter(billing_period=run.billing_period, started_at__lt=run.started_at)
    return earlier.exclude(folder="").exclude(pk=run.pk).select_related("rule_set").order_by("-started_at").first()


def value_changes(before: AllocationRun, after: AllocationRun, *, dimension: str) -> list[ValueChange]:
    """Return the values whose cost differs, the largest difference first."""
    old, new = _sums(before, dimension), _sums(after, dimension)
    zero = Decimal(0)
    changes = [
        ValueChange(value=value, currency=currency, before=old.get((value, currency), zero),
                    after=new.get((value, currency), zero))
        for value, currency in {*old, *new}
        if old.get((value, currency), zero) != new.get((value, currency), zero)
    ]  # fmt: skip
    return sorted(changes, key=lambda one: (one.currency, -abs(one.after - one.before), one.value or ""))


def _sums(run: AllocationRun, dimension: str) -> dict[tuple[str | None, str], Decimal]:
    folder: Path = lake.organization_folder(run.organization_id) / run.folder
    with duckdb.connect(config={"memory_limit": "512MiB", "threads": 2}) as database:
        create_views(database, folder, ("ledger", "segments"))
        rows = database.execute(_SUMS, [f'$."{dimension}"']).fetchall()
    return {(value, currency): cost for value, currency, cost in rows}

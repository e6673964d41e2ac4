"""What a new version of the rules did to a cost center's month, where the same bills were allocated by both."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Final

import duckdb

from allocation.engine.run_files import create_views, files_of
from allocation.models import AllocationRun
from itfm.core import lake
from itfm.core.keeping import kept
from itfm.core.money import CONTEXT
from showback.statement import RulesNote

DIMENSION: Final = "cost_center"
# What some values of a dimension cost. Grain: (billing_currency). Unrounded.
_SUMS: Final = """
SELECT billing_currency, SUM(effective_cost)
FROM ledger JOIN segments USING (segment_id)
WHERE list_contains(?::VARCHAR[], json_extract_string(dimension_values, ?))
GROUP BY billing_currency
"""


def rules_note(run: AllocationRun | None, *, previous: AllocationRun | None, codes: Collection[str]) -> RulesNote:
    """Return the versions behind a month and the one before, and the effect of a change within the month.

    `codes` are the cost centers whose figures it is about.
    """
    version = _version(run)
    note = RulesNote(version=version, previous_version=_version(previous))
    earlier = _replaced(run) if run is not None else None
    if run is None or earlier is None:
        return note
    effects = kept("effects", (run.id, earlier.id, sorted(codes)), lambda _: _effects(earlier, run, codes))
    if not effects:
        return note
    return replace(note, replaced_version=_version(earlier), effects=effects)


def _effects(earlier: AllocationRun, run: AllocationRun, codes: Collection[str]) -> tuple[tuple[str, Decimal], ...]:
    """Return what the later run adds, by currency; nothing when the files of one are not kept."""
    before, now = _sums(earlier, codes), _sums(run, codes)
    if before is None or now is None:
        return ()
    return tuple(
        (currency, CONTEXT.subtract(now.get(currency, Decimal(0)), before.get(currency, Decimal(0))))
        for currency in sorted({*before, *now})
    )


def _version(run: AllocationRun | None) -> int | None:
    return run.rule_set.version if run is not None and run.rule_set is not None else None


def _replaced(run: AllocationRun) -> AllocationRun | None:
    """Return the latest run of the same bills under other rules: only then the difference is the rules' alone."""
    replaced = AllocationRun.objects.filter(billing_period=run.billing_period, state=AllocationRun.State.REPLACED)
    same_bills = replaced.filter(revisions=run.revisions, rule_set__isnull=False).exclude(rule_set_id=run.rule_set_id)
    return same_bills.select_related("rule_set").order_by("-started_at").first()


def _sums(run: AllocationRun, codes: Collection[str]) -> dict[str, Decimal] | None:
    """Return the cost of these cost centers by currency as a run's files have it; None when they are not kept."""
    folder = lake.run_folder(run.organization_id, period=run.billing_period, run_id=run.id)
    if not all(file.is_file() for file in files_of(folder, ("ledger", "segments"))):
        return None
    with duckdb.connect(config={"memory_limit": "512MiB", "threads": 2}) as database:
        create_views(database, folder, ("ledger", "segments"))
        return dict(database.execute(_SUMS, [list(codes), f'$."{DIMENSION}"']).fetchall())

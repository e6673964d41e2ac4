"""What of the run in force a new run can take over, from what both stand on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from allocation.engine import locality
from allocation.engine.findings import UNMATCHED
from allocation.engine.partial import Scope
from allocation.engine.proof import Proof
from allocation.engine.rules import RuleSet
from allocation.engine.run_files import PATCH, TABLES, file_of, files_of, is_patched, replaced_blocks
from allocation.engine.streams import FILLS
from allocation.services.basis import Basis, changed_days
from allocation.services.inputs import Inputs
from allocation.services.parts import read_parts

MOST_DAYS: Final = 8
"""Beyond so many days that differ from the ledger file, a run over everything is no dearer in the long run."""
MOST_PATCHED: Final = 0.5
"""Which part of a ledger may stand in its patch before it is written anew."""


@dataclass(frozen=True, kw_only=True)
class Reuse:
    """A scope, and the days whose driver values it reads (None: all)."""

    scope: Scope
    driver_days: Collection[date] | None = None


def reuse(
    inputs: Inputs, basis: Basis, *, old: Basis, before: Path, proof: Proof, rules_before: Callable[[], RuleSet]
) -> Reuse | None:
    """Return what to work out anew where the rest can be taken from the run in a folder; None for everything.

    :param old: what the run before stood on, `proof` its proof, and `rules_before` how to read its rules.
    """
    if (old.engine, old.previous) != (basis.engine, basis.previous) or not _is_plain(before, proof):
        return None
    bills, drivers = changed_days(old.bills, basis.bills), changed_days(old.drivers, basis.drivers)
    if inputs.further or not locality.has_lasting_numbers(inputs.engine_rules):
        return None
    if old.rules == basis.rules:
        return _of_days(inputs, {day for days in bills.values() for day in days}, drivers, before=before)
    if bills or drivers:
        return None
    splits = locality.changed_splits(rules_before(), inputs.engine_rules)
    return None if splits is None else Reuse(scope=Scope(before=before, splits=splits))


def _is_plain(before: Path, proof: Proof) -> bool:
    """Return whether a run had nothing to say that part of it would say otherwise, its files there, its patch small."""
    if proof.held or any(one.code != UNMATCHED for one in proof.findings):
        return False
    if any(one.days_measured < one.days_needed for one in proof.drivers):
        return False
    if not all(file.is_file() for file in files_of(before, [*TABLES, "days"])) or read_parts(before) is None:
        return False
    if not is_patched(before):
        return True
    patched, written = (int(pq.read_metadata(file).num_rows) for file in (before / PATCH, file_of(before, "ledger")))
    return patched <= written * MOST_PATCHED


def _of_days(
    inputs: Inputs, restated: set[date], drivers: Mapping[str, Collection[date]], *, before: Path
) -> Reuse | None:
    rules = inputs.engine_rules
    reached = locality.days_reached(rules, drivers)
    if reached is None or not locality.is_of_single_days(rules):
        return None
    days = frozenset(restated | reached)
    patched = {block.charge_date for block in replaced_blocks(before)}
    if not days or len(days | patched) > MOST_DAYS:
        return None
    if drivers or _reads_other_days(rules):
        return Reuse(scope=Scope(before=before, days=days))
    read = {
        one
        for split in rules.splits
        if split.reads()
        for one in locality.days_read(split, days, period=inputs.period, last_day=date.max)
    }
    return Reuse(scope=Scope(before=before, days=days, has_all_drivers=False), driver_days=read)


def _reads_other_days(rules: RuleSet) -> bool:
    """Return whether a split may look at driver values of days that cannot be told beforehand."""
    return any(
        split.reads()
        and (
            split.missing in FILLS
            or split.window.kind == "billing_period"
            or any(read.role == "price" for read in split.reads())
        )
        for split in rules.splits
    )

"""A run that works out only a part of a ledger anew and takes the rest from a run before.

The part is either all that some days have, where no day depends on another, or some splits and what they lead to. The
ledger file of the run before is kept as it is; what is new stands in a patch beside it (`run_files`). Rows, sums and
proof are those of a run over everything. What a part can be is decided by `locality`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from allocation.engine import cells, proof, relations
from allocation.engine.again import PAIRS, SplitsAgain
from allocation.engine.backends.duckdb import DuckDB, Session
from allocation.engine.findings import UNMATCHED, DriverMatch, Finding
from allocation.engine.inputs import RunInputs
from allocation.engine.locality import days_read
from allocation.engine.numbering import numbered_like
from allocation.engine.proof import Proof
from allocation.engine.run import RunResult, load, run_stages, uncollected, unheard, write_names
from allocation.engine.run_files import (
    DAYS_PATCH,
    DIRECT,
    PATCH,
    REPLACED,
    Block,
    base_of,
    blocks_table,
    file_of,
    file_rows,
    files_of,
    is_patched,
    keep,
    replaced_blocks,
    without,
)
from allocation.engine.splits import Split
from allocation.engine.stages import Pair, Report
from itfm.core.periods import period_name


class WiderError(Exception):
    """Only a run over everything can tell what becomes of it."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What of a ledger is worked out anew: of some days everything, or of all days some splits and what they lead to.

    The run `before` held nothing back, found nothing but driver values that name nobody, and measured every day it
    asked for. Where a run is not given all driver values, they are those of that run, and the days it reads are given.
    """

    before: Path
    days: frozenset[date] | None = None
    splits: frozenset[str] | None = None
    has_all_drivers: bool = True


@uncollected()
def allocate_again(
    inputs: RunInputs, *, scope: Scope, output: Path, backend: DuckDB, tell: Callable[[str], None] = unheard
) -> RunResult:
    """Work out a part of a ledger, and write the files of a run with their proof, as `run.allocate` does.

    :raises WiderError: the part holds cost back, or has something to say, which is said of all days at once.
    """
    output.mkdir(parents=True, exist_ok=True)
    stored = proof.read(scope.before)
    tell("Classifying")
    decided = numbered_like(cells.decide(inputs), scope.before)
    report = Report()
    reads = [*(revision.daily for revision in inputs.revisions), *files_of(scope.before, ["ledger"])]
    with backend.session(reads=reads, writes=output) as session:
        load(session, inputs, decided, days=scope.days)
        again = None
        if scope.splits is not None:
            again = SplitsAgain(session, before=scope.before, cells=decided, changed=scope.splits)
        else:
            # What other days have does not count: whoever receives is named, or has cost on the day.
            decided = replace(decided, pairs=_pairs(session))
        stages = run_stages(session, inputs, decided, report, tell, again=again)
        if report.held or any(one.code != UNMATCHED for one in report.findings):
            raise WiderError
        anew = _days_anew(scope.days or (), len(inputs.rule_set.splits)) if again is None else again.blocks()
        _write_patch(session, stages if again is None else again.stages, scope=scope, anew=anew, output=output)
        last_day = session.rows(relations.last_day(len(inputs.revisions))).to_pylist()[0]["last_day"]
    write_names(decided, inputs, output)
    tell("Proving")
    found = _proved(inputs, stored, report, scope=scope, anew=anew, output=output, backend=backend, last_day=last_day)
    return RunResult(folder=output, proof=found, anew=anew)


def _proved(
    inputs: RunInputs,
    stored: Proof,
    report: Report,
    *,
    scope: Scope,
    anew: frozenset[Block],
    output: Path,
    backend: DuckDB,
    last_day: date | None,
) -> Proof:
    """Measure and conclude, and write the proof."""
    measured = proof.measure(
        output,
        inputs,
        backend=backend,
        keeps_days=True,
        before=scope.before,
        known=None if scope.has_all_drivers else stored.measured.inputs,
    )
    base, stood = base_of(output, "ledger"), file_of(scope.before, "ledger")
    if measured.files[base.name] != stored.measured.files[stood.name]:
        raise WiderError  # somebody changed the file since that run was proved
    found = proof.conclude(
        measured,
        period=period_name(inputs.period),
        findings=_findings(inputs, stored, report, scope=scope, anew=anew),
        matches=_matches(inputs, stored, report, scope=scope, days=_days_by_split(output), last_day=last_day),
    )
    proof.write(found, output)
    return found


def _pairs(session: Session) -> set[Pair]:
    return {(row["profile_id"], row["segment_id"]) for row in session.rows(PAIRS).to_pylist()}


def _days_anew(days: Iterable[date], splits: int) -> frozenset[Block]:
    return frozenset(Block(number, day) for day in days for number in (DIRECT, *range(splits)))


def _write_patch(
    session: Session, stages: tuple[int, ...], *, scope: Scope, anew: frozenset[Block], output: Path
) -> None:
    """Write what is new, with what the patch of the run before has beside it, and keep the ledger file."""
    replaced = anew | replaced_blocks(scope.before)
    pq.write_table(blocks_table(replaced), output / REPLACED, compression="zstd")
    has_kept = is_patched(scope.before)
    if has_kept:
        session.load("anew", blocks_table(anew))
        kept = without(file_rows(scope.before / PATCH), "anew")
        session.view_rows("kept", kept, columns=relations.LEDGER_COLUMNS)
    rows = relations.ledger(stages, has_own=scope.days is not None, has_kept=has_kept)
    session.write(rows, output / PATCH)
    for name in ("ledger", "days"):
        keep(file_of(scope.before, name), at=base_of(output, name))


def _days_by_split(output: Path) -> Mapping[int, set[date]]:
    """Return the days on which each split moved something, own cost as `DIRECT`."""
    replaced = replaced_blocks(output)
    found: dict[int, set[date]] = defaultdict(set)
    for file in (base_of(output, "days"), output / DAYS_PATCH):
        rows = pq.read_table(file, columns=["split_number", "charge_date"])
        for row in rows.group_by(["split_number", "charge_date"]).aggregate([]).to_pylist():
            block = Block(DIRECT if row["split_number"] is None else row["split_number"], row["charge_date"])
            if file.name == DAYS_PATCH or block not in replaced:
                found[block.split_number].add(block.charge_date)
    return found


def _findings(
    inputs: RunInputs, stored: Proof, report: Report, *, scope: Scope, anew: frozenset[Block]
) -> list[Finding]:
    """Return the driver values that name nobody, as a run over everything finds them."""
    if not scope.has_all_drivers:
        return list(stored.findings)
    shared = {block.split_number for block in anew}
    found: list[Finding] = []
    for number, split in _in_turn(inputs):
        source = report.findings if number in shared else stored.findings
        found += [one for one in source if one.split == split.key]
    return found


def _in_turn(inputs: RunInputs) -> list[tuple[int, Split]]:
    """Return the splits with their numbers in the order in which they are shared."""
    return sorted(enumerate(inputs.rule_set.splits), key=lambda numbered: (numbered[1].stage, numbered[0]))


def _matches(
    inputs: RunInputs,
    stored: Proof,
    report: Report,
    *,
    scope: Scope,
    days: Mapping[int, Collection[date]],
    last_day: date | None,
) -> list[DriverMatch]:
    """Return how drivers met receivers, as a run over everything says it: every day that was asked for is measured."""
    fresh = {(one.split, one.driver): one for one in report.matches}
    old = {(one.split, one.driver): one for one in stored.drivers}
    found = []
    for number, split in _in_turn(inputs):
        for read in split.reads():
            new = fresh.get((split.key, read.driver))
            if scope.splits is not None:
                found.append(old[split.key, read.driver] if new is None else new)
                continue
            if new is None or new.days_measured < new.days_needed:
                raise WiderError
            said = new if scope.has_all_drivers else old[split.key, read.driver]
            asked = days_read(split, days.get(number, ()), period=inputs.period, last_day=last_day)
            count = 0 if read.role == "price" else len(asked)
            found.append(said.model_copy(update={"days_needed": count, "days_measured": count, "days_filled": 0}))
    return found

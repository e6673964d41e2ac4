"""One allocation run: bills in, ledger and proof out. Pure but for the files it reads and writes."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine import cells, proof, relations
from allocation.engine.backends import Backend, Session
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.inputs import InputError, RunInputs
from allocation.engine.proof import Proof
from allocation.engine.reciprocal_stage import ReciprocalStage
from allocation.engine.run_files import LEDGER, Block
from allocation.engine.splits import Split
from allocation.engine.stages import Again, Report, Stage
from itfm.core.periods import period_name


@dataclass(frozen=True)
class RunResult:
    """Where a run's files are, its proof, and which parts of its ledger it worked out anew (None: all)."""

    folder: Path
    proof: Proof
    anew: frozenset[Block] | None = None


def unheard(_step: str) -> None:
    """Tell nobody."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector of cycles off: it would look through thousands of rules again and again and find none."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


@uncollected()
def allocate(
    inputs: RunInputs, *, output: Path, backend: Backend | None = None, tell: Callable[[str], None] = unheard
) -> RunResult:
    """Classify and split a billing period, and write the files of `docs/architecture.md` with their proof.

    `tell` hears of each step as it begins. `output` is made when absent; files in it with these names are replaced.
    A run whose proof does not hold is written all the same, so that it can be looked at: publish only what holds.

    :raises InputError: there are no revisions, or a file of attribute sets has no ids.
    """
    if not inputs.revisions:
        raise InputError("A run needs at least one bill revision.")
    engine = backend or DuckDB()
    output.mkdir(parents=True, exist_ok=True)
    tell("Classifying")
    decided = cells.decide(inputs)
    report = Report()
    with engine.session(reads=[revision.daily for revision in inputs.revisions], writes=output) as session:
        load(session, inputs, decided)
        stages = run_stages(session, inputs, decided, report, tell)
        session.write(relations.ledger(stages, has_own=True, has_kept=False), output / LEDGER)
    write_names(decided, inputs, output)
    tell("Proving")
    found = proof.conclude(
        proof.measure(output, inputs, backend=engine.local, keeps_days=True),
        period=period_name(inputs.period),
        held=report.held,
        findings=report.findings,
        matches=report.matches,
    )
    proof.write(found, output)
    return RunResult(folder=output, proof=found)


def load(session: Session, inputs: RunInputs, decided: cells.Cells, *, days: Collection[date] | None = None) -> None:
    """Store the cells with their own cost, of these days (None: all)."""
    session.few_texts("billing_currency", [revision.daily for revision in inputs.revisions])
    for number, revision in enumerate(inputs.revisions):
        session.view(f"daily_{number}", revision.daily, columns=relations.DAILY_SCHEMA)
    session.load("slices", decided.slices)
    session.load("cells", decided.cells.select(list(relations.CELLS_SCHEMA)))
    if days is not None:
        session.load("wanted_days", pa.table({"charge_date": pa.array(sorted(days), pa.date32())}))
    session.store("direct", relations.direct(len(inputs.revisions), of_days=days is not None))


def run_stages(
    session: Session,
    inputs: RunInputs,
    decided: cells.Cells,
    report: Report,
    tell: Callable[[str], None],
    *,
    again: Again | None = None,
) -> tuple[int, ...]:
    """Run the stages in order and return their numbers; `again` knows which of their splits to share."""
    by_stage: dict[int, list[tuple[int, Split]]] = defaultdict(list)
    for number, split in enumerate(inputs.rule_set.splits):
        by_stage[split.stage].append((number, split))
    done: tuple[int, ...] = ()
    for stage in sorted(by_stage):
        tell(f"Sharing, stage {stage}")
        kind = ReciprocalStage if inputs.rule_set.is_reciprocal(stage) else Stage
        kind(session, inputs=inputs, cells=decided, before=done, again=again).run(stage, by_stage[stage], report)
        done = (*done, stage)
    return done


def write_names(decided: cells.Cells, inputs: RunInputs, output: Path) -> None:
    """Write what the numbers in the ledger stand for."""
    texts = decided.segments.as_json()
    splits = inputs.rule_set.splits
    tables = {
        "cells": decided.cells,
        "classification": decided.classification,
        "segments": pa.table(
            {"segment_id": pa.array(range(len(texts)), pa.int32()), "dimension_values": pa.array(texts, pa.string())}
        ),
        "splits": pa.table(
            {
                "split_number": pa.array(range(len(splits)), pa.int32()),
                "stage": pa.array([split.stage for split in splits], pa.int32()),
                "split_key": pa.array([split.key for split in splits], pa.string()),
            }
        ),
    }
    for name, table in tables.items():
        pq.write_table(table, output / f"{name}.parquet", compression="zstd")

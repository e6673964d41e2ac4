"""One allocation run: bills in, ledger, mart and proof out. Pure but for the files it reads and writes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from allocation.engine import cells, proof, relations
from allocation.engine.backends.duckdb import DuckDB, Session
from allocation.engine.inputs import InputError, RunInputs
from allocation.engine.proof import Proof
from allocation.engine.splits import Split
from allocation.engine.stages import Report, Stage
from itfm.core.periods import period_name


@dataclass(frozen=True)
class RunResult:
    """Where a run's files are, and its proof."""

    folder: Path
    proof: Proof


def allocate(inputs: RunInputs, *, output: Path, backend: DuckDB | None = None) -> RunResult:
    """Classify and split a billing period, and write `ledger`, `mart`, `segments`, `classification` and `proof`.

    `output` is made when absent; files in it with these names are replaced. A run whose proof does not hold is
    written all the same, so that it can be looked at: publish only what holds.

    :raises InputError: there are no revisions, or a file of attribute sets has no ids.
    """
    if not inputs.revisions:
        raise InputError("A run needs at least one bill revision.")
    engine = backend or DuckDB()
    output.mkdir(parents=True, exist_ok=True)
    decided = cells.decide(inputs)
    report = Report()
    with engine.session(reads=[revision.daily for revision in inputs.revisions], writes=output) as session:
        _load(session, inputs, decided)
        stages = _run_stages(session, inputs, decided, report)
        session.write(relations.ledger(stages), output / "ledger.parquet")
        session.write(relations.mart(stages), output / "mart.parquet")
    _write_decided(decided, output)
    found = proof.conclude(
        proof.measure(output, inputs, backend=engine),
        period=period_name(inputs.period),
        held=report.held,
        findings=report.findings,
        matches=report.matches,
    )
    proof.write(found, output)
    return RunResult(folder=output, proof=found)


def _load(session: Session, inputs: RunInputs, decided: cells.Cells) -> None:
    """Store the cells with their own cost."""
    for number, revision in enumerate(inputs.revisions):
        session.view(f"daily_{number}", revision.daily, columns=relations.DAILY_SCHEMA)
    for name in ("slices", "cells", "marts"):
        session.load(name, getattr(decided, name))
    for name, table in _names(inputs).items():
        session.load(name, table)
    session.store("direct", relations.direct(len(inputs.revisions)))


def _names(inputs: RunInputs) -> dict[str, pa.Table]:
    """Return the texts behind the numbers of splits and entries, as dictionaries."""
    splits = inputs.rule_set.splits
    keys = [split.key for split in splits]
    numbers = pa.array(range(len(splits)), pa.int32())
    stages = pa.array([split.stage for split in splits], pa.int32())
    origins = pa.array(["direct", *keys], pa.string()).dictionary_encode()
    return {
        "splits": pa.table(
            {
                "split_number": numbers,
                "stage": stages,
                "split_key": pa.array(keys, pa.string()).dictionary_encode(),
            }
        ),
        "origins": pa.table(
            {
                "split_number": pa.array(range(-1, len(splits)), pa.int32()),
                "origin_name": origins,
            }
        ),
        "entry_names": pa.table(
            {
                "entry": pa.array([relations.DIRECT, relations.OUT, relations.IN], pa.int8()),
                "entry_name": pa.array(["direct", "out", "in"]).dictionary_encode(),
            }
        ),
    }


def _run_stages(session: Session, inputs: RunInputs, decided: cells.Cells, report: Report) -> tuple[int, ...]:
    """Run the stages in order and return their numbers."""
    by_stage: dict[int, list[tuple[int, Split]]] = defaultdict(list)
    for number, split in enumerate(inputs.rule_set.splits):
        by_stage[split.stage].append((number, split))
    done: tuple[int, ...] = ()
    for stage in sorted(by_stage):
        Stage(session, inputs=inputs, cells=decided, before=done).run(stage, by_stage[stage], report)
        done = (*done, stage)
    return done


def _write_decided(decided: cells.Cells, output: Path) -> None:
    texts = decided.segments.as_json()
    segments = pa.table(
        {
            "segment_id": pa.array(range(len(texts)), pa.int32()),
            "dimension_values": pa.array(texts, pa.string()),
        }
    )
    pq.write_table(segments, output / "segments.parquet", compression="zstd")
    pq.write_table(decided.classification, output / "classification.parquet", compression="zstd")

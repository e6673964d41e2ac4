"""Working a run's files out: the ledger with its proof, and what stands beside them for pages and for the next run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from allocation.bills import write_widened_by
from allocation.costs.months import write_months
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.partial import WiderError, allocate_again
from allocation.engine.proof import Proof, Sums
from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.engine.rules import RuleSetError, to_json
from allocation.engine.run import RunResult, uncollected
from allocation.engine.run import allocate as run_engine
from allocation.engine.run_files import keep
from allocation.engines import engine_of, local_engine
from allocation.explain.rules import RULES_FILE
from allocation.models import AllocationRun, RuleSet
from allocation.services.basis import basis_of, read_basis, write_basis
from allocation.services.inputs import Inputs, engine_inputs, engine_revisions
from allocation.services.parts import write_parts
from allocation.services.reuse import Reuse, reuse
from allocation.working import EMPTY, parsed
from itfm.core import lake
from itfm.core.tenancy import tenant


@uncollected()
def work_out(
    run: AllocationRun, inputs: Inputs, *, before: AllocationRun | None, scratch: Path, tell: Callable[[str], None]
) -> tuple[RunResult, Sums]:
    """Write a run's files into the scratch folder, anew or with what the run `before` has alike.

    :return: the ledger with its proof, and what the sums by month come to.
    """
    engine, local = engine_of(run.organization_id, scratch=scratch), local_engine(scratch)
    with tenant(run.organization_id):
        folder = None if before is None else lake.organization_folder(run.organization_id) / before.folder
        old = None if folder is None else read_basis(folder)
        basis = basis_of(inputs, engine_revisions(inputs), before=old, engine=local, scratch=scratch)
    taken = None
    if before is not None and folder is not None and old is not None and isinstance(engine, DuckDB):
        proof = Proof.model_validate(before.proof)
        taken = reuse(
            inputs, basis, old=old, before=folder, proof=proof, rules_before=lambda: _rules_of(before.rule_set)
        )
    result = None if taken is None else _part(run, inputs, taken, scratch=scratch, tell=tell)
    if result is None or taken is None:
        with tenant(run.organization_id):
            given = engine_inputs(inputs)
        result = run_engine(given, output=scratch / "run", backend=engine, tell=tell)
        _write_rules(to_json(given.rule_set), to=result.folder)
        taken = None
    write_widened_by(engine_revisions(inputs), to=result.folder)
    known = None if taken is None else taken.scope.before
    engine = local if taken is None else _for(taken, local)
    months = write_months(result.folder, engine=engine, before=known, anew=result.anew)
    write_parts(result.folder, engine=engine, before=known, anew=result.anew)
    write_basis(basis, to=result.folder)
    return result, months


def _part(
    run: AllocationRun, inputs: Inputs, taken: Reuse, *, scratch: Path, tell: Callable[[str], None]
) -> RunResult | None:
    """Work out a part of the ledger; None where only a run over everything can tell."""
    with tenant(run.organization_id):
        given = engine_inputs(inputs, driver_days=taken.driver_days)
    output, scope = scratch / "part", taken.scope
    try:
        backend = _for(taken, local_engine(scratch))
        result = allocate_again(given, scope=scope, output=output, backend=backend, tell=tell)
    except WiderError:
        return None
    if scope.has_all_drivers:
        _write_rules(to_json(given.rule_set), to=output)
    else:
        keep(scope.before / RULES_FILE, at=output / RULES_FILE)
    return result


def _rules_of(saved: RuleSet | None) -> EngineRuleSet:
    """Return saved rules; those of a version that could say what this one cannot are like none."""
    try:
        return parsed(saved.document) if saved else EMPTY
    except RuleSetError:
        return EMPTY


def _for(taken: Reuse, engine: DuckDB) -> DuckDB:
    """Return the engine with one thread for single days: so few rows are not worth what a second one takes."""
    return engine if taken.scope.days is None else replace(engine, threads=1)


def _write_rules(text: str, *, to: Path) -> None:
    """Keep the rules with the driver values the run stood on, so that it can be proved when they have changed."""
    (to / RULES_FILE).write_text(text, encoding="utf-8")

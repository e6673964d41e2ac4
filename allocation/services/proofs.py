"""Adding up a run again, from its files and from the mart, independently of what made it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from allocation.bills import bills_of_run
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.proof import Proof, prove
from allocation.engine.rules import from_document
from allocation.engines import local_engine
from allocation.explain.rules import RULES_FILE
from allocation.models import AllocationRun
from allocation.services.mart import mart_sums
from itfm.core import lake
from itfm.core.tenancy import tenant


@dataclass(frozen=True, kw_only=True)
class ProvedRun:
    """A run with its proof made again; `is_in_force` says whether the mart was added up too."""

    run: AllocationRun
    proof: Proof
    is_in_force: bool


def prove_run(organization_id: UUID, *, run_id: UUID) -> ProvedRun | None:
    """Prove a published run again; None when the organization has no such run with files."""
    with tenant(organization_id):
        run = AllocationRun.objects.exclude(folder="").filter(pk=run_id).first()
        if run is None:
            return None
        revisions = tuple(revision for _, revision in bills_of_run(run))
        sums = mart_sums(run.billing_period) if run.state == AllocationRun.State.PUBLISHED else None
    with lake.scratch(organization_id) as scratch:
        folder = lake.organization_folder(organization_id) / run.folder
        proof = prove(folder, _inputs(run, revisions, folder=folder), backend=local_engine(scratch))
    if sums is not None and sums != proof.sums("ledger"):
        problem = "The sums of the mart in Postgres differ from those of the files."
        proof = proof.model_copy(update={"holds": False, "problems": (*proof.problems, problem)})
    return ProvedRun(run=run, proof=proof, is_in_force=sums is not None)


def _inputs(run: AllocationRun, revisions: tuple[Revision, ...], *, folder: Path) -> RunInputs:
    document = json.loads((folder / RULES_FILE).read_text(encoding="utf-8"))
    return RunInputs(revisions=revisions, rule_set=from_document(document), period=run.billing_period)

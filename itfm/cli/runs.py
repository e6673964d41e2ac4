"""How commands tell of an allocation run: in words, and as JSON."""

from __future__ import annotations

from decimal import Decimal

from allocation.engine.proof import Proof, Step, Sums
from allocation.models import AllocationRun
from allocation.services.mart import mart_sums
from itfm.cli.command import Answer, columns
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

PlainSums = dict[str, dict[str, str]]


def report(run: AllocationRun, proof: Proof, *, exit_code: int = 0) -> Answer:
    """Return a run with the sums of every step, what no rule caught, and the verdict."""
    measured = proof.measured
    steps = (*measured.steps, *_mart(run))
    data = {
        "run": str(run.id),
        "billing_period": period_name(run.billing_period),
        "state": run.state,
        "steps": [{"name": step.name, "sums": _plain(step.sums)} for step in steps],
        "unallocated": {dimension: _plain(sums) for dimension, sums in measured.unallocated.items()},
        "held": [held.model_dump(mode="json") for held in proof.held],
        "findings": [finding.model_dump(mode="json") for finding in proof.findings],
        "drivers": [match.model_dump(mode="json") for match in proof.drivers],
        "proof": {"holds": proof.holds, "problems": list(proof.problems), "rows": measured.rows},
        "error": None,
    }
    return Answer(data=data, text=_text(run, proof, steps), exit_code=exit_code)


def _mart(run: AllocationRun) -> tuple[Step, ...]:
    """Return what Postgres adds up, where the run is the one in force."""
    if run.state != AllocationRun.State.PUBLISHED:
        return ()
    with tenant(run.organization_id):
        return (Step(name="mart", sums=mart_sums(run.billing_period)),)


def _text(run: AllocationRun, proof: Proof, steps: tuple[Step, ...]) -> str:
    measured = proof.measured
    rows = [("step", "currency", "billed", "effective")]
    for step in steps:
        rows += [(step.name, *_amounts(currency, sums)) for currency, sums in step.sums.items()]
    for dimension, by_currency in measured.unallocated.items():
        rows += [(f"unallocated: {dimension}", *_amounts(currency, sums)) for currency, sums in by_currency.items()]
    verdict = ["proof holds"] if proof.holds else ["PROOF DOES NOT HOLD", *proof.problems]
    heading = f"{run.state}: {period_name(run.billing_period)}, run {run.id}"
    return "\n".join([heading, columns(rows), *(str(finding.message) for finding in proof.findings), *verdict])


def _amounts(currency: str, sums: dict[str, Decimal]) -> tuple[str, str, str]:
    return currency, f"{sums['billed_cost']:f}", f"{sums['effective_cost']:f}"


def _plain(sums: Sums) -> PlainSums:
    return {
        currency: {column: f"{amount:f}" for column, amount in columns_.items()} for currency, columns_ in sums.items()
    }

"""What a run would stand on, and its name: bills, rules, driver values and the shares of the period before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import connection

from allocation.bills import engine_revision, lacking
from allocation.engine.conditions import Subject
from allocation.engine.further import NOTHING, Further, looked_at
from allocation.engine.inputs import Revision, RunInputs
from allocation.engine.proof import ENGINE_VERSION
from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.models import AllocationRun, DriverValue, RuleSet
from allocation.services.previous import previous_weights, run_before
from allocation.services.rules import with_driver_values
from allocation.working import EMPTY, parsed
from ingestion.models import BillRevision
from ingestion.selectors import current_revisions
from itfm.core.periods import next_period


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a run would stand on, and its name; driver values are named here and read when it runs."""

    period: date
    revisions: tuple[BillRevision, ...]
    rule_set: RuleSet | None
    engine_rules: EngineRuleSet
    further: Mapping[UUID, Further]
    """By the id of a revision, what its attribute sets lack of what the rules look at."""
    before: AllocationRun | None
    drivers: Mapping[str, str]
    """A digest of each driver's values."""
    sha256: str

    @property
    def driver_days(self) -> tuple[date, date]:
        """The days whose driver values a run can look at: first inclusive, last exclusive."""
        return self.period - timedelta(days=self.engine_rules.days_back()), next_period(self.period)


def inputs_of(period: date, *, saved: RuleSet | None) -> Inputs:
    """Return what a run over the current organization's billing period would stand on under these rules."""
    rules = parsed(saved.document) if saved else EMPTY
    revisions = tuple(current_revisions(period).select_related("bill__source"))
    inputs = Inputs(
        period=period,
        revisions=revisions,
        rule_set=saved,
        engine_rules=rules,
        further=_further(revisions, saved=saved, period=period),
        before=run_before(period, rules=rules),
        drivers={},
        sha256="",
    )
    drivers = driver_digests(*inputs.driver_days)
    named = {
        "engine": ENGINE_VERSION,
        "period": period.isoformat(),
        "revisions": [str(revision.id) for revision in inputs.revisions],
        "rules": hashlib.sha256(saved.document.encode()).hexdigest() if saved else "",
        "drivers": drivers,
        # The same inputs give the same shares, so their name stands for them.
        "before": inputs.before.inputs_sha256 if inputs.before else "",
        # Absent where nothing is lacking, so that most runs are called what they have always been called.
        **({"further": {str(key): one.name for key, one in inputs.further.items()}} if inputs.further else {}),
    }
    return replace(
        inputs, drivers=drivers, sha256=hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()
    )


def _further(revisions: Sequence[BillRevision], *, saved: RuleSet | None, period: date) -> dict[UUID, Further]:
    asked = _looked_at(saved.document, period) if saved else frozenset()
    if not asked or saved is None:
        return {}
    spellings = parsed(saved.document).spellings()
    found = {one.id: lacking(one, asked, spellings=spellings) for one in revisions}
    return {key: one for key, one in found.items() if not one.is_nothing}


@lru_cache(maxsize=512)
def _looked_at(document: str, period: date) -> frozenset[Subject]:
    """Return what the rules of a stored document look at; every period is asked for each time runs are planned."""
    return looked_at(parsed(document), period=period)


def driver_digests(first: date, end: date) -> dict[str, str]:
    """Return a digest of each driver's values on days from `first` until before `end`, made in the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT driver, encode(sha256(convert_to(string_agg(date || ' ' || quantity || ' ' || value, chr(10)"
            " ORDER BY date, value), 'UTF8')), 'hex')"
            " FROM allocation_drivervalue"
            " WHERE organization_id = (SELECT itfm_current_organization()) AND date >= %s AND date < %s"
            " GROUP BY driver ORDER BY driver",
            [first, end],
        )
        return dict(cursor.fetchall())


def engine_revisions(inputs: Inputs) -> tuple[Revision, ...]:
    """Return the engine's view of the bills."""
    return tuple(engine_revision(one, by=inputs.further.get(one.id, NOTHING)) for one in inputs.revisions)


def engine_inputs(inputs: Inputs, *, driver_days: Collection[date] | None = None) -> RunInputs:
    """Return the engine's view of the inputs, with the driver values there are, or those of some days."""
    rules = inputs.engine_rules
    if inputs.rule_set is not None:
        first, end = inputs.driver_days
        values = DriverValue.objects.filter(date__gte=first, date__lt=end)
        rules = with_driver_values(rules, values if driver_days is None else values.filter(date__in=driver_days))
    return RunInputs(
        revisions=engine_revisions(inputs),
        rule_set=rules,
        period=inputs.period,
        previous_weights=previous_weights(rules, before=inputs.before),
    )

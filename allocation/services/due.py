"""Which billing periods have to be allocated, and which of them have to wait for the one before.

A split may fall back on the shares that its receivers had a period ago (`fallback: previous`), so the inputs of a
period name the run before it. Periods in a row then come out as if they were allocated in order: each waits until those
before it stand on what is in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Max
from django.utils import timezone

from allocation.models import AllocationRun
from allocation.selectors import current_rule_set
from allocation.services.inputs import inputs_of
from allocation.services.previous import falls_back
from allocation.services.runs import put_back_interrupted
from allocation.working import EMPTY, parsed
from ingestion.schedule import retry_at
from ingestion.selectors import billed_periods
from itfm.core.periods import previous_period
from itfm.core.tenancy import tenant

State = AllocationRun.State
GIVEN_UP = (State.REFUSED, State.QUARANTINED)
"""How runs end that are not tried again before their inputs change."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the periods of an organization stand on, and what they would stand on now."""

    wanted: Mapping[date, str]
    published: Mapping[date, str]
    given_up: frozenset[str]
    failed: frozenset[str]
    resting: frozenset[str]
    """Inputs on which a run failed a moment ago."""
    asked_for: frozenset[date]
    is_chained: bool
    """Whether a period's shares can depend on those of the period before."""

    def is_behind(self, period: date) -> bool:
        """Return whether a run of the period would change what it stands on."""
        wanted = self.wanted[period]
        return self.published.get(period) != wanted and wanted not in self.given_up

    def due(self) -> list[date]:
        """Return the periods that a run is due of."""
        return [period for period in self.wanted if period in self.asked_for or self._is_to_be_tried(period)]

    def _is_to_be_tried(self, period: date) -> bool:
        return self.is_behind(period) and self.wanted[period] not in self.resting

    def waits_for(self, period: date) -> date | None:
        """Return the nearest period before it, in a row, that is to be allocated first.

        One whose run fails on the same inputs is not waited for: it is tried again, and when it succeeds the periods
        after it are due once more.
        """
        before = previous_period(period)
        while self.is_chained and before in self.wanted:
            if self.is_behind(before) and self.wanted[before] not in self.failed:
                return before
            before = previous_period(before)
        return None


def due_periods(organization_id: UUID) -> list[date]:
    """Return the billing periods whose ledger does not stand on the bills, rules and drivers in force."""
    with tenant(organization_id):
        return standing().due()


def allocatable_periods(organization_id: UUID) -> list[date]:
    """Return those periods that are due and wait for no other; what a dead worker left is due again."""
    put_back_interrupted(organization_id)
    with tenant(organization_id):
        now = standing()
        return [period for period in now.due() if now.waits_for(period) is None]


def period_it_waits_for(organization_id: UUID, *, period: date) -> date | None:
    """Return the period that has to be allocated before this one; None when it can go ahead."""
    with tenant(organization_id):
        saved = current_rule_set()
        if saved is None or not falls_back(parsed(saved.document)):
            return None
        return standing().waits_for(period)


def standing() -> Standing:
    """Return how the current organization's periods stand."""
    saved = current_rule_set()
    published = dict(AllocationRun.objects.filter(state=State.PUBLISHED).values_list("billing_period", "inputs_sha256"))
    # A period whose last bill was withdrawn has no bill any more, and its ledger must go.
    asked_for = set(AllocationRun.objects.filter(state=State.QUEUED).values_list("billing_period", flat=True))
    periods = dict.fromkeys([*billed_periods(), *published, *sorted(asked_for)])
    return Standing(
        wanted={period: inputs_of(period, saved=saved).sha256 for period in periods},
        published=published,
        given_up=_inputs_of_runs(*GIVEN_UP),
        failed=_inputs_of_runs(State.FAILED),
        resting=_resting(at=timezone.now()),
        asked_for=frozenset(asked_for),
        is_chained=falls_back(parsed(saved.document) if saved else EMPTY),
    )


def _resting(*, at: datetime) -> frozenset[str]:
    """Return the inputs of runs that failed so short a time ago that trying again would hardly end otherwise.

    A run that takes a worker's whole memory or time to fail would otherwise be at it without a pause.
    """
    failed = AllocationRun.objects.filter(state=State.FAILED, finished_at__isnull=False).values("inputs_sha256")
    counted = failed.annotate(count=Count("pk"), last=Max("finished_at"))
    again = {row["inputs_sha256"]: retry_at(row["count"], now=row["last"]) for row in counted}
    return frozenset(inputs for inputs, moment in again.items() if moment is not None and moment > at)


def _inputs_of_runs(*states: str) -> frozenset[str]:
    return frozenset(AllocationRun.objects.filter(state__in=states).values_list("inputs_sha256", flat=True))

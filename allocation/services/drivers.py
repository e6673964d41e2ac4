"""Taking in the values of a driver."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models.fields.json import KeyTextTransform

from allocation.drafts.lookups import looked_up
from allocation.engine.drivers import Driver
from allocation.engine.drivers import DriverValue as EngineDriverValue
from allocation.engine.rules import RuleSet
from allocation.models import DriverValue, Segment
from allocation.services.rules import replace_values
from itfm.accounts.models import User
from itfm.audit.services import record
from itfm.core.events import DriverValuesChanged, publish


@dataclass(frozen=True, kw_only=True)
class Reception:
    """How the rows of a file would be taken in. Unmatched ones name a value that no charge and no rule has."""

    received: int
    matched: int
    unmatched_values: tuple[str, ...]
    first: date
    last: date
    replaced: int
    """Values stored for these days now, which would go."""

    @property
    def unmatched(self) -> int:
        """How many rows match nothing."""
        return self.received - self.matched


def reception(driver: Driver, values: Sequence[EngineDriverValue], *, rules: RuleSet) -> Reception:
    """Return how the values of a file would be taken in; there is at least one."""
    known = _known({one.value for one in values}, driver=driver, rules=rules)
    days = [one.date for one in values]
    stored = DriverValue.objects.filter(driver=driver.key, date__gte=min(days), date__lte=max(days))
    return Reception(
        received=len(values),
        matched=sum(one.value in known for one in values),
        unmatched_values=tuple(sorted({one.value for one in values} - known)),
        first=min(days),
        last=max(days),
        replaced=stored.count(),
    )


@transaction.atomic
def take_in_values(
    driver: Driver, values: Iterable[EngineDriverValue], *, organization_id: UUID, by: User, file_name: str
) -> int:
    """Put the values in the place of those stored from their first to their last day, and return how many there are."""
    listed = tuple(values)
    days = sorted(one.date for one in listed)
    replace_values(driver.model_copy(update={"values": listed, "file": None}), organization_id=organization_id)
    publish(DriverValuesChanged(organization_id=organization_id))
    record(
        "driver.values_taken_in",
        organization_id=organization_id,
        actor_id=by.pk,
        actor_name=str(by),
        target=driver.key,
        summary=f"Took in {len(listed)} values of {driver.name} from {file_name}",
        changes={"first": days[0].isoformat(), "last": days[-1].isoformat()},
    )
    return len(listed)


def _known(values: set[str], *, driver: Driver, rules: RuleSet) -> set[str]:
    """Return those of the values that the driver's dimension has: in a ledger, or by a rule or split."""
    named = Segment.objects.annotate(value=KeyTextTransform(driver.dimension, "dimension_values"))
    found = set(named.filter(value__in=values).values_list("value", flat=True).distinct())
    for dimension in rules.dimensions:
        if dimension.key == driver.dimension:
            found |= {rule.value for rule in dimension.rules if isinstance(rule.value, str)}
            found |= looked_up(rules, dimension)
    for split in rules.splits:
        if split.receivers.dimension == driver.dimension:
            found |= {*(split.receivers.one_of or ()), *(split.method.named_receivers() or ())}
    return found & values

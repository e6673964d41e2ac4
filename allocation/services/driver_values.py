"""Taking in driver values by themselves, beside the rule set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from allocation.engine.drivers import DriverValue as EngineDriverValue
from allocation.models import DriverValue
from itfm.core.events import DriverValuesChanged, publish

_BATCH = 2000


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What became of the values that were sent."""

    received: int
    new: int
    changed: int

    @property
    def unchanged(self) -> int:
        """How many said what was known already."""
        return self.received - self.new - self.changed


@transaction.atomic
def put_driver_values(driver: str, values: Iterable[EngineDriverValue], *, organization_id: UUID) -> Intake:
    """Save a driver's quantities by day and value, in the place of those known; the same again changes nothing.

    `values` names each day and value once.
    """
    sent = {(value.date, value.value): value.quantity for value in values}
    known = {
        (row.date, row.value): row.quantity
        for row in DriverValue.objects.filter(driver=driver, date__in={day for day, _ in sent})
    }
    differing = {key: quantity for key, quantity in sent.items() if known.get(key) != quantity}
    DriverValue.objects.bulk_create(
        (
            DriverValue(organization_id=organization_id, driver=driver, date=day, value=value, quantity=quantity)
            for (day, value), quantity in sorted(differing.items())
        ),
        update_conflicts=True,
        unique_fields=["organization", "driver", "date", "value"],
        update_fields=["quantity"],
        batch_size=_BATCH,
    )
    if differing:
        publish(DriverValuesChanged(organization_id=organization_id))
    new = sum(key not in known for key in differing)
    return Intake(received=len(sent), new=new, changed=len(differing) - new)

"""Publishing rule sets and handing them out again."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from allocation.engine import rules as engine_rules
from allocation.engine.drivers import Driver, DriverError, fingerprint, read_csv
from allocation.engine.drivers import DriverValue as EngineDriverValue
from allocation.engine.rules import RuleSet as EngineRuleSet
from allocation.models import DriverValue, RuleSet
from itfm.accounts.models import User
from itfm.core.events import RulesPublished, publish

_BATCH = 5000


class DriverFileError(ValueError):
    """A driver's file cannot be read; the message names the file and its row."""


def with_driver_files(rule_set: EngineRuleSet, *, folder: Path) -> EngineRuleSet:
    """Return the rule set with the values of drivers that name a file beside the document.

    :raises DriverFileError: a file is missing, lies outside of the folder, or has a bad row.
    """
    drivers = tuple(_with_file(driver, folder=folder.resolve()) for driver in rule_set.drivers)
    return rule_set.model_copy(update={"drivers": drivers})


def _with_file(driver: Driver, *, folder: Path) -> Driver:
    if driver.file is None:
        return driver
    path = (folder / driver.file).resolve()
    if not path.is_relative_to(folder):
        raise DriverFileError(f"drivers.{driver.key}: '{driver.file}' lies outside of the document's folder.")
    try:
        values = read_csv(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DriverFileError(f"drivers.{driver.key}: '{driver.file}' cannot be read ({error}).") from error
    except DriverError as error:
        raise DriverFileError(f"drivers.{driver.key}: '{driver.file}', {error}") from error
    return driver.model_copy(update={"file": None, "values": values})


@transaction.atomic
def publish_rules(
    rule_set: EngineRuleSet, *, organization_id: UUID, published_by: User | None, at: datetime
) -> tuple[RuleSet, bool]:
    """Save a rule set as the version in force and return it; the second value says whether it differs from the last.

    Values that come with a driver replace those it had on the days they cover.
    """
    bare = rule_set.model_copy(
        update={"drivers": tuple(driver.model_copy(update={"values": ()}) for driver in rule_set.drivers)}
    )
    document = engine_rules.dump(bare)
    sha256 = _fingerprint(document, rule_set.drivers)
    last = RuleSet.objects.select_for_update().order_by("-version").first()
    if last is not None and last.sha256 == sha256:
        return last, False
    saved = RuleSet.objects.create(
        organization_id=organization_id,
        version=last.version + 1 if last else 1,
        document=document,
        dimensions=[{"key": dimension.key, "name": dimension.name} for dimension in rule_set.dimensions],
        sha256=sha256,
        published_at=at,
        published_by=published_by,
    )
    for driver in rule_set.drivers:
        replace_values(driver, organization_id=organization_id)
    publish(RulesPublished(organization_id=organization_id))
    return saved, True


def _fingerprint(document: str, drivers: Iterable[Driver]) -> str:
    texts = [document, *(fingerprint(driver.values) for driver in drivers)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def replace_values(driver: Driver, *, organization_id: UUID) -> None:
    """Put a driver's values in the place of those it has from its first to its last day; equal places add up."""
    if not driver.values:
        return
    days = [value.date for value in driver.values]
    DriverValue.objects.filter(driver=driver.key, date__gte=min(days), date__lte=max(days)).delete()
    sums: dict[tuple[date, str], EngineDriverValue] = {}
    for value in driver.values:
        before = sums.get((value.date, value.value))
        quantity = value.quantity + before.quantity if before else value.quantity
        sums[value.date, value.value] = value.model_copy(update={"quantity": quantity})
    DriverValue.objects.bulk_create(
        (
            DriverValue(
                organization_id=organization_id,
                driver=driver.key,
                date=value.date,
                value=value.value,
                quantity=value.quantity,
            )
            for value in sums.values()
        ),
        batch_size=_BATCH,
    )


def exported(saved: RuleSet) -> EngineRuleSet:
    """Return a version with all driver values there are."""
    return with_driver_values(engine_rules.parse(saved.document), DriverValue.objects.all())


def with_driver_values(rule_set: EngineRuleSet, values: QuerySet[DriverValue]) -> EngineRuleSet:
    """Return a rule set with these driver values put into it."""
    by_driver: dict[str, list[EngineDriverValue]] = defaultdict(list)
    # There are tens of thousands; a model for each would take as long again as all else that is done with them.
    for driver, day, value, quantity in sorted(values.values_list("driver", "date", "value", "quantity")):
        by_driver[driver].append(EngineDriverValue(date=day, value=value, quantity=quantity))
    drivers = tuple(driver.model_copy(update={"values": tuple(by_driver[driver.key])}) for driver in rule_set.drivers)
    return rule_set.model_copy(update={"drivers": drivers})

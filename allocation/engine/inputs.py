"""What a run takes in: bill revisions, a rule set, a billing period and drivers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from allocation.engine.drivers import DriverValue
from allocation.engine.further import NOTHING, Further
from allocation.engine.rules import RuleSet


class InputError(ValueError):
    """The inputs of a run do not fit together."""


@dataclass(frozen=True)
class Revision:
    """One bill revision and its files. `source_name` is what `source: true` tests read, else the id.

    Attribute sets and daily sums are those the bill came with, or written anew with what is `further` looked at.
    """

    source_id: str
    revision_id: str
    daily: Path
    attribute_sets: Path
    source_name: str | None = None
    further: Further = NOTHING

    @property
    def charges(self) -> Path:
        """The bill lines, beside which the bill's own sums stand; widened ones lie two folders below."""
        return self.daily.parents[0 if self.further.is_nothing else 2] / "charges.parquet"


@dataclass(frozen=True)
class RunInputs:
    """Everything a run depends on; the same inputs give the same files.

    `period` is the first day of the billing period. `drivers` overrides the values inside the rule set by driver
    key. `previous_weights` gives, by split key, the weights of the period before, for the fallback `previous`.
    """

    revisions: tuple[Revision, ...]
    rule_set: RuleSet
    period: date
    drivers: Mapping[str, tuple[DriverValue, ...]] = field(default_factory=dict)
    previous_weights: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.period.day != 1:
            raise InputError(f"{self.period} is not the first day of a billing period.")
        sources = [revision.source_id for revision in self.revisions]
        if len(set(sources)) != len(sources):
            raise InputError("A source has two revisions in one run.")
        unknown = set(self.drivers) - {driver.key for driver in self.rule_set.drivers}
        if unknown:
            raise InputError(f"Drivers the rule set does not name: {', '.join(sorted(unknown))}.")

    def driver_values(self, key: str) -> tuple[DriverValue, ...]:
        """Return a driver's values: given to the run, else those inside the rule set."""
        if key in self.drivers:
            return self.drivers[key]
        return next(driver.values for driver in self.rule_set.drivers if driver.key == key)

"""What commitments cover day by day, and what of them nobody uses, where use under one stands on the bill once. Pure.

A commitment is sized to its busiest day, so what it costs in a month is what was used of it and what was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from itfm.demo.resources import Resource
from itfm.demo.usage import Lines, Month, Whole

KINDS: Final = ("reservation", "plan")
STEP: Final = 10**9
"""A day of a commitment is bought in thousandths of a currency unit."""


@dataclass(frozen=True)
class Commitment:
    """One commitment in one month, in 10^-12 currency units: what it costs a day, and what is used of it each day."""

    kind: str
    daily: int
    used: tuple[int, ...]

    @property
    def cost(self) -> int:
        """Return what it costs in the month."""
        return self.daily * len(self.used)

    @property
    def unused(self) -> tuple[int, ...]:
        """Return what goes unused each day."""
        return tuple(self.daily - used for used in self.used)


class Covered:
    """What the usage lines of one month take of each commitment."""

    def __init__(self, resources: Sequence[Resource], month: Month) -> None:
        of_each = [resource.meter.commitment for resource in resources]
        self._kinds = kinds_of(resources)
        self._kind = np.array([KINDS.index(kind) if kind else -1 for kind in of_each])
        self._used: Whole = np.zeros((len(KINDS), month.days), dtype=np.int64)

    def add(self, lines: Lines) -> None:
        """Count one batch."""
        kind = self._kind[lines.template]
        is_covered = kind >= 0
        place = (kind[is_covered], lines.hour[is_covered] // 24)
        np.add.at(self._used, place, lines.commitment_cost[is_covered])

    def commitments(self) -> list[Commitment]:
        """Return the commitments that cover some of the resources, in the order of `kinds_of`."""
        used = {kind: self._used[KINDS.index(kind)].tolist() for kind in self._kinds}
        return [Commitment(kind, -(-max(days) // STEP) * STEP, tuple(days)) for kind, days in used.items()]


def kinds_of(resources: Sequence[Resource]) -> list[str]:
    """Return the kinds of commitment that cover some of the resources, in the order of `KINDS`."""
    found = {resource.meter.commitment for resource in resources}
    return [kind for kind in KINDS if kind in found]

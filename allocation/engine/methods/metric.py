"""Shares by a measured driver: tickets, seats, gigabytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from allocation.engine import weighing
from allocation.engine.schema import Key


class Params(weighing.Params):
    """Which driver weighs."""

    kind: Literal["metric"] = "metric"
    driver: Key

    def driver_key(self) -> str:
        return self.driver


def weights(_params: Params, ask: weighing.Ask) -> Mapping[str, Decimal]:
    """Return each receiver's driver quantity in the window."""
    return ask.driver


KIND = weighing.MethodKind(label="By driver", params=Params, weights=weights)

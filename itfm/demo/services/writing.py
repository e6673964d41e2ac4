"""Writing what a service knows of each month, and what that comes to. Pure but for its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from itfm.core.periods import period_name
from itfm.demo.other_bill import Control
from itfm.demo.services.asked import Data
from itfm.demo.usage import Month

Rows = Callable[[Month, np.random.Generator], Iterable[tuple[Any, int]]]
"""The rows of a month, each with what it is billed in whole units of the last decimal."""


def keep_months(
    data: Data, calendar: Sequence[Month], *, seed: int, service: int, rows: Rows, decimals: int
) -> dict[str, Control]:
    """Write the rows of each month, and return what they are billed by month; `service` is the service's own seed."""
    totals = {}
    for month in calendar:
        random = np.random.default_rng([seed, service, month.first_day.year, month.first_day.month])
        told = list(rows(month, random))
        name = period_name(month.first_day)
        data.keep(name, [row for row, _ in told])
        billed = Decimal(sum(units for _, units in told)).scaleb(-decimals)
        totals[name] = Control(billed, billed)
    return totals

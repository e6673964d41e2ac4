"""What changes rules and ledgers."""

from allocation.services.due import allocatable_periods, due_periods, period_it_waits_for
from allocation.services.rules import DriverFileError, exported, publish_rules
from allocation.services.runs import AllocationRefusedError, allocate, request_allocation

__all__ = [
    "AllocationRefusedError",
    "DriverFileError",
    "allocatable_periods",
    "allocate",
    "due_periods",
    "exported",
    "period_it_waits_for",
    "publish_rules",
    "request_allocation",
]

"""What changes rules and ledgers."""

from allocation.services.rules import DriverFileError, exported, publish_rules
from allocation.services.runs import AllocationRefusedError, allocate, due_periods, request_allocation

__all__ = [
    "AllocationRefusedError",
    "DriverFileError",
    "allocate",
    "due_periods",
    "exported",
    "publish_rules",
    "request_allocation",
]

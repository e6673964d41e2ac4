"""What happened, told upward: a service publishes, the tasks listed in `itfm.pipeline` start on commit."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in an organization."""

    organization_id: UUID


@dataclass(frozen=True, kw_only=True)
class BillImported(Event):
    """A revision of a bill became the one in force."""

    billing_period: date


@dataclass(frozen=True, kw_only=True)
class BillWithdrawn(Event):
    """A bill no longer counts."""

    billing_period: date


@dataclass(frozen=True, kw_only=True)
class RulesPublished(Event):
    """A new version of the rule set is in force."""


@dataclass(frozen=True, kw_only=True)
class DriverValuesChanged(Event):
    """Quantities of a driver were taken in or taken away."""


@dataclass(frozen=True, kw_only=True)
class AllocationRequested(Event):
    """Somebody wants a billing period allocated again."""

    billing_period: date


@dataclass(frozen=True, kw_only=True)
class ReallocationRequested(Event):
    """Somebody wants many billing periods allocated again."""


@dataclass(frozen=True, kw_only=True)
class PeriodAllocated(Event):
    """A run became the one in force of its billing period."""

    billing_period: date


@dataclass(frozen=True, kw_only=True)
class SharesChanged(Event):
    """The shares of a billing period, on which those of the next fall back, are others than before."""


@dataclass(frozen=True, kw_only=True)
class WideningRequested(Event):
    """A page needs attribute sets of a bill that hold more than those it came with; `name` says which."""

    revision_id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class ImportRequested(Event):
    """An import stands in the queue."""

    run_id: UUID


@dataclass(frozen=True, kw_only=True)
class BillUploaded(Event):
    """A file waits to be looked at."""

    upload_id: UUID


@dataclass(frozen=True, kw_only=True)
class MessageQueued(Event):
    """A message stands in the outbox."""


def publish(event: Event) -> None:
    """Start what follows this event once the transaction has committed."""
    transaction.on_commit(partial(_dispatch, event))


def _dispatch(event: Event) -> None:
    # The line's table stands above every app, so it is looked up by name when something happens.
    importlib.import_module("itfm.pipeline").follow(event)

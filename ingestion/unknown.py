"""What bills in force have that nobody says what it is: reading it from their files, and summing it up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import F

from ingestion.models import BillRevision
from ingestion.revisions import reader, revision_folder
from itfm.core.money import CONTEXT


@dataclass(frozen=True, kw_only=True)
class Found:
    """Something unknown in one bill and currency; from `first_seen` to `last_seen` inclusive."""

    revision_id: UUID
    provider: str
    called: str
    currency: str
    billed_cost: Decimal
    charge_count: int
    first_seen: date
    last_seen: date

    @property
    def key(self) -> tuple[str, str]:
        """What tells it apart."""
        return self.provider, self.called


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """Something that nobody says what it is, over the bills in force; the costs go by currency."""

    provider: str
    called: str
    costs: dict[str, Decimal]
    charge_count: int
    bill_count: int
    first_seen: date
    last_seen: date


def revisions_in_force() -> list[BillRevision]:
    """Return the bills in force, newest first."""
    found = BillRevision.objects.filter(bill__current_revision=F("id")).select_related("bill__source")
    return list(found.order_by("-bill__billing_period", "bill__source__name", "id"))


def read_found(revisions: Sequence[BillRevision], sql: str, files: Mapping[str, str]) -> list[Found]:
    """Return what a query finds in the files of revisions; those that are no longer kept have nothing.

    The query gives the fields of `Found`, a folder in place of the revision. `files` are its names for the files in
    every folder: `$<name>` is the list of them, `$<name>_name` the name of each.
    """
    there = [one for one in revisions if all((revision_folder(one) / file).is_file() for file in files.values())]
    if not there:
        return []
    folders = {f"{revision_folder(one)}/": one.id for one in there}
    asked: dict[str, object] = {name: [f"{folder}{file}" for folder in folders] for name, file in files.items()}
    asked |= {f"{name}_name": file for name, file in files.items()}
    with reader(*(revision_folder(one) for one in there)) as database:
        rows = database.execute(sql, asked).fetchall()
    return [
        Found(
            revision_id=folders[folder],
            provider=provider,
            called=called,
            currency=currency,
            billed_cost=cost,
            charge_count=int(charges),
            first_seen=first,
            last_seen=last,
        )
        for folder, provider, called, currency, cost, charges, first, last in rows
    ]


def unknown(found: Sequence[Found]) -> tuple[Unknown, ...]:
    """Return what was found in bills summed up, the dearest first."""
    by_key: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in found:
        by_key[one.key].append(one)
    several = [_summed(parts) for parts in by_key.values()]
    return tuple(sorted(several, key=lambda one: (-max(map(abs, one.costs.values())), one.provider, one.called)))


def _summed(parts: Sequence[Found]) -> Unknown:
    costs: dict[str, Decimal] = {}
    for part in parts:
        costs[part.currency] = CONTEXT.add(costs.get(part.currency, Decimal(0)), part.billed_cost)
    return Unknown(
        provider=parts[0].provider,
        called=parts[0].called,
        costs=dict(sorted(costs.items())),
        charge_count=sum(part.charge_count for part in parts),
        bill_count=len({part.revision_id for part in parts}),
        first_seen=min(part.first_seen for part in parts),
        last_seen=max(part.last_seen for part in parts),
    )

"""Deliveries that tell all there is of a source: what they say no more is withdrawn, what they say again is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from ingestion.focus.expressions import literal
from ingestion.focus.findings import Finding
from ingestion.models import Bill, BillRevision, ImportRun
from ingestion.normalize import NormalizedBill
from ingestion.revisions import reader, revision_folder
from ingestion.services.beside import Beside
from itfm.core.events import BillWithdrawn, publish
from itfm.core.periods import next_period, period_name

FILES: Final = ("charges.parquet", "attribute_sets.parquet", "daily.parquet")
OF_SERVICES: Final = ("service_name", "service_category", "service_subcategory", "x_attribute_set_id")
"""Columns of charges that follow from what an organization calls its services; the other files follow from charges."""
OF_REGIONS: Final = ("region_name",)
"""Likewise of its regions."""


def withdraw_others(run: ImportRun, bills: Sequence[NormalizedBill]) -> list[Finding]:
    """Take the source's bills of other months out of force and say so; call it in the publishing transaction."""
    told = [bill.billing_period for bill in bills]
    others = Bill.objects.filter(source_id=run.source_id, current_revision__isnull=False)
    others = others.exclude(billing_period__in=told)
    months = sorted(others.values_list("billing_period", flat=True))
    others.update(current_revision=None)
    for month in months:
        publish(BillWithdrawn(organization_id=run.organization_id, billing_period=month))
    if not months:
        return []
    message = (
        f"{_spelled(months)} had charges before and are in the delivery no more: these bills were withdrawn."
        " If that is wrong, deliver the list again with all its rows."
    )
    return [Finding(code="months_withdrawn", severity="warning", message=message)]


def changed_bills(
    run: ImportRun,
    bills: Sequence[NormalizedBill],
    *,
    fingerprint: str,
    files: list[dict[str, Any]],
    beside: Beside,
) -> tuple[NormalizedBill, ...]:
    """Return the bills that say something else than those in force; the others now stand on these files.

    So a month that begins does not restate, and have allocated anew, all those before it.
    """
    return tuple(bill for bill in bills if not _is_kept(run, bill, fingerprint=fingerprint, files=files, beside=beside))


def _is_kept(
    run: ImportRun, bill: NormalizedBill, *, fingerprint: str, files: list[dict[str, Any]], beside: Beside
) -> bool:
    in_force = Bill.objects.filter(source_id=run.source_id, billing_period=bill.billing_period)
    revision = BillRevision.objects.filter(id__in=in_force.values("current_revision")).first()
    if revision is None:
        return False
    # What an organization calls its services and regions restates no month by itself.
    apart_from: list[str] = []
    if revision.mapped_services != [one.fields() for one in bill.mapped_services]:
        apart_from += OF_SERVICES
    if revision.mapped_regions != [one.fields() for one in bill.mapped_regions]:
        apart_from += OF_REGIONS
    if not says_the_same(bill.folder, revision_folder(revision), apart_from=apart_from):
        return False
    revision.fingerprint, revision.files, revision.read_beside = fingerprint, files, beside.kept(bill)
    revision.save(update_fields=["fingerprint", "files", "read_beside"])
    return True


def says_the_same(one: Path, other: Path, *, apart_from: Sequence[str] = ()) -> bool:
    """Return whether two folders hold the same charges; how they are packed depends on the months beside them.

    :param apart_from: columns of charges that do not count.
    """
    if not all((folder / name).is_file() for folder in (one, other) for name in FILES):
        return False
    columns = f"* EXCLUDE ({', '.join(apart_from)})" if apart_from else "*"
    with reader(one, other) as database:
        for name in FILES[:1] if apart_from else FILES:
            new, old = (f"FROM read_parquet({literal(str(folder / name))})" for folder in (one, other))
            described = [database.execute(f"DESCRIBE SELECT {columns} {rows}").fetchall() for rows in (new, old)]
            if described[0] != described[1]:
                return False
            counts = database.execute(f"SELECT (SELECT count(*) {new}) = (SELECT count(*) {old})").fetchall()
            differing = f"SELECT {columns} {new} EXCEPT ALL SELECT {columns} {old} LIMIT 1"
            if not counts[0][0] or database.execute(differing).fetchall():
                return False
    return True


def _spelled(months: Sequence[date]) -> str:
    """Return months as ranges: `2026-01 to 2026-03, 2026-07`."""
    ranges: list[list[date]] = []
    for month in months:
        if ranges and next_period(ranges[-1][-1]) == month:
            ranges[-1].append(month)
        else:
            ranges.append([month])
    return ", ".join(
        f"{period_name(one[0])} to {period_name(one[-1])}" if len(one) > 1 else period_name(one[0]) for one in ranges
    )

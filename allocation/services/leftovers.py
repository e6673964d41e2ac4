"""Folders of runs that no run names, and widened attribute sets that nobody has looked at for long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from allocation.bills import bills_of_run
from allocation.models import AllocationRun
from itfm.core import leftovers
from itfm.core.lake import organization_folder
from itfm.core.locks import single
from itfm.core.tenancy import tenant


def tidy_runs(organization_id: UUID, *, before: datetime) -> int:
    """Remove what was left before that moment, and return how many folders it was.

    The files of every run that has any stay, of those that were replaced too.
    """
    root = organization_folder(organization_id)

    def named() -> set[str]:
        with tenant(organization_id):
            return set(AllocationRun.objects.exclude(folder="").values_list("folder", flat=True))

    runs = leftovers.folders(organization_id, "runs", "YYYY-MM", "*")
    count = leftovers.remove(organization_id, leftovers.unnamed(runs, root=root, before=before, named=named))
    return count + _tidy_widened(organization_id, before=before)


def _tidy_widened(organization_id: UUID, *, before: datetime) -> int:
    """Remove widened sets that no run stands on: whoever looks at such a column again has them written anew."""
    by_period: dict[date, list[Path]] = {}
    for path in leftovers.folders(organization_id, "charges", "*", "YYYY-MM", "*", "widened", "*"):
        by_period.setdefault(date.fromisoformat(f"{path.parents[2].name}-01"), []).append(path)
    return sum(
        _tidy_period(organization_id, period, found=found, before=before) for period, found in sorted(by_period.items())
    )


def _tidy_period(organization_id: UUID, period: date, *, found: Iterable[Path], before: datetime) -> int:
    root = organization_folder(organization_id)

    def named() -> set[str]:
        with tenant(organization_id):
            runs = AllocationRun.objects.filter(billing_period=period).exclude(folder="")
            files = [bill.attribute_sets for run in runs for _, bill in bills_of_run(run)]
        return {str(file.parent.relative_to(root)) for file in files}

    # A run looks at the sets it finds; while one is under way, they stay.
    with single("allocate", organization_id, period) as is_ours:
        if not is_ours:
            return 0
        return leftovers.remove(organization_id, leftovers.unnamed(found, root=root, before=before, named=named))

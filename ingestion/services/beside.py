"""Bills of kinds that are read beside those of other sources, so that what stands in two of them counts once.

Such a revision keeps which revisions of others it was held against. When others are in force, it is out of date: the
next import of its source reads the files again though they are the same, and the sweep has the archived ones read again
by itself. It converges, for a bill that says the same keeps its revision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from ingestion.delivery import SourceSettings
from ingestion.focus.expressions import literal
from ingestion.models import BillRevision, BillSource, ImportRun
from ingestion.normalize import NormalizedBill
from ingestion.normalize.contents import OtherBill
from ingestion.revisions import reader, revision_folder
from ingestion.selectors import RUNNING, current_revisions
from ingestion.services.kinds import KINDS
from itfm.core.locks import wait_for
from itfm.core.money import plain
from itfm.core.tenancy import tenant

CHARGES: Final = "charges.parquet"
IN_BOTH: Final = """
-- Postings of a bill that other sources have too. Grain: source, match, whether left out, currency. Exact.
SELECT
    x_other_source,
    x_other_source_match,
    x_left_out_amount IS NOT NULL AS is_left_out,
    billing_currency,
    COUNT(*) AS count,
    SUM(COALESCE(CAST(x_left_out_amount AS DECIMAL(38, 18)), billed_cost)) AS amount
FROM read_parquet({charges})
WHERE x_other_source IS NOT NULL
GROUP BY ALL
ORDER BY ALL
"""


class OthersMovedError(Exception):
    """While a delivery was read, bills of other sources changed that it was held against; it is read once more."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What a delivery is read beside, and the settings to read it with; `revisions` of others go by billing period."""

    organization_id: UUID
    source_id: UUID | None
    kind: str
    settings: SourceSettings
    is_looked_at: bool = False
    revisions: Mapping[date, list[str]] = field(default_factory=dict)

    def kept(self, bill: NormalizedBill) -> dict[str, Any]:
        """Return what the revision of a bill keeps of it; call it in the publishing transaction.

        :raises OthersMovedError: other bills are in force by now.
        """
        if not self.is_looked_at:
            return {}
        # Two sources that are read at once would each miss what the other is about to count.
        wait_for("beside", self.organization_id)
        book, own = _book(self.settings), self.revisions.get(bill.billing_period, [])
        in_force = _in_force([self.kind], period=bill.billing_period)
        if _ids(_others(in_force, source_id=self.source_id, book=book)) != own:
            raise OthersMovedError
        return {"book": book, "revisions": own, "postings": _in_both(bill.folder)}


def read_beside(organization_id: UUID, *, source_id: UUID | None, kind: str, settings: SourceSettings) -> Beside:
    """Return what a delivery of a source is read beside: nothing, where its kind looks at no other bills."""
    connector = KINDS[kind]
    if connector.beside is None:
        return Beside(organization_id=organization_id, source_id=source_id, kind=kind, settings=settings)
    with tenant(organization_id):
        others = _others(_in_force([kind]), source_id=source_id, book=_book(settings))
        bills = [_other_bill(one) for one in others]
    return Beside(
        organization_id=organization_id,
        source_id=source_id,
        kind=kind,
        settings=connector.beside(settings, bills),
        is_looked_at=True,
        revisions=_by_period(others),
    )


def is_out_of_date(run: ImportRun) -> bool:
    """Return whether a bill in force of a run's source was held against bills of others that are in force no more."""
    if KINDS[run.source.kind].beside is None:
        return False
    with tenant(run.organization_id):
        return any(one.bill.source_id == run.source_id for one, _ in _out_of_date([run.source.kind]))


def take_out_of_date() -> dict[BillSource, list[BillRevision]]:
    """Return the revisions to be read again by source, each once for what is in force now; note that they are.

    One whose files cannot be read again is told by its import, and taken again when others change.
    """
    kinds = [kind for kind in _kinds_in_use() if KINDS[kind].beside]
    found: dict[BillSource, list[BillRevision]] = {}
    for revision, others in _out_of_date(kinds) if kinds else ():
        is_busy = ImportRun.objects.filter(source_id=revision.bill.source_id, state__in=RUNNING).exists()
        if is_busy or revision.read_beside.get("asked") == others:
            continue
        found.setdefault(revision.bill.source, []).append(revision)
        revision.read_beside = {**revision.read_beside, "asked": others}
        revision.save(update_fields=["read_beside"])
    return found


def _kinds_in_use() -> list[str]:
    return list(BillSource.objects.order_by("kind").values_list("kind", flat=True).distinct())


def _in_force(kinds: Sequence[str], *, period: date | None = None) -> list[BillRevision]:
    found = current_revisions(period).filter(bill__source__kind__in=kinds).select_related("bill__source")
    return list(found.defer("files", "totals", "file_totals"))


def _others(in_force: Iterable[BillRevision], *, source_id: UUID | None, book: str) -> list[BillRevision]:
    return [one for one in in_force if one.bill.source_id != source_id and one.read_beside.get("book", "") == book]


def _ids(revisions: Iterable[BillRevision]) -> list[str]:
    return sorted(str(one.id) for one in revisions)


def _out_of_date(kinds: Sequence[str]) -> list[tuple[BillRevision, list[str]]]:
    """Return the revisions in force that were held against others than those in force, each with these."""
    together: dict[tuple[str, str, date], list[BillRevision]] = defaultdict(list)
    for one in _in_force(kinds):
        book = one.read_beside.get("book", "")
        together[one.bill.source.kind, book, one.bill.billing_period].append(one)
    found = []
    for group in together.values():
        for one in group:
            ids = _ids(other for other in group if other.bill.source_id != one.bill.source_id)
            if ids != one.read_beside.get("revisions", []):
                found.append((one, ids))
    return found


def _by_period(revisions: Iterable[BillRevision]) -> dict[date, list[str]]:
    found: dict[date, list[BillRevision]] = defaultdict(list)
    for one in revisions:
        found[one.bill.billing_period].append(one)
    return {period: _ids(of_one) for period, of_one in found.items()}


def _other_bill(revision: BillRevision) -> OtherBill:
    source = revision.bill.source
    return OtherBill(
        source=source.key,
        name=source.name,
        billing_period=revision.bill.billing_period,
        charges=revision_folder(revision) / CHARGES,
    )


def _book(settings: SourceSettings) -> str:
    return str(getattr(settings, "book", ""))


def _in_both(folder: Path) -> list[dict[str, Any]]:
    """Return what the charges of a bill say of other sources, by source, match and currency."""
    with reader(folder) as database:
        rows = database.execute(IN_BOTH.format(charges=literal(str(folder / CHARGES)))).fetchall()
    return [
        {
            "source": source,
            "match": match,
            "is_left_out": is_left_out,
            "currency": currency,
            "count": count,
            "amount": plain(amount),
        }
        for source, match, is_left_out, currency, count, amount in rows
    ]

"""The bills that runs and pages stand on, as the engine takes them, with attribute sets that hold what rules look at.

Attribute sets are widened once for each bill revision and each choice of further columns, beside the revision's own
files: `<revision>/widened/<name of the choice>/`. A folder appears there finished or not at all, and never changes.
Beside it may stand what a page asked for (`<name>.json`) and why there is none (`<name>-over-<most sets>.txt`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final
from uuid import UUID

import pyarrow.parquet as pq
import structlog

from allocation.engine.conditions import Subject
from allocation.engine.further import NOTHING, Further, further
from allocation.engine.inputs import Revision
from allocation.engine.tag_aliases import Spellings
from allocation.engine.widening import MOST_SETS, TooManySetsError, distinct_texts, left_out_tags, write_widened
from allocation.engines import local_engine
from allocation.models import AllocationRun
from ingestion.focus.attributes import COLUMNS, COST_COLUMNS, FURTHER, may_be_looked_at
from ingestion.models import BillRevision
from ingestion.revisions import revision_folder
from itfm.core import lake
from itfm.core.events import WideningRequested, publish
from itfm.core.periods import period_name
from itfm.core.tenancy import tenant

logger = structlog.get_logger(__name__)

AT_ONCE: Final = 1_000_000
"""Charges of a bill that a page widens while one waits: about two seconds' work. Of a larger one a worker does it."""
OF_A_PAGE: Final = "512MiB"
"""What a page may use of the memory."""
LEFT_OUT: Final = "tag_keys_left_out.json"
WIDENED: Final = "widened.json"
"""Beside a run: by source, what its attribute sets were widened by. Absent where nothing was."""


class WideningError(RuntimeError):
    """The attribute sets of a bill cannot hold what rules look at; the message says why."""


class NotYetWidenedError(WideningError):
    """A worker writes the attribute sets; look again."""


def engine_revision(revision: BillRevision, *, by: Further = NOTHING) -> Revision:
    """Return the engine's view of a bill revision, which comes with its bill and source."""
    folder = revision_folder(revision)
    files = folder if by.is_nothing else folder / "widened" / by.name
    return Revision(
        source_id=str(revision.bill.source_id),
        revision_id=str(revision.id),
        daily=files / "daily.parquet",
        attribute_sets=files / "attribute_sets.parquet",
        source_name=revision.bill.source.name,
        further=by,
    )


def bills_of_run(run: AllocationRun) -> list[tuple[BillRevision, Revision]]:
    """Return the bills that a run stood on with their files as it read them, by source."""
    file = lake.organization_folder(run.organization_id) / run.folder / WIDENED
    by_source = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    found = BillRevision.objects.filter(id__in=list(run.revisions.values())).select_related("bill__source")
    return [
        (one, engine_revision(one, by=_from_plain(by_source.get(str(one.bill.source_id)))))
        for one in found.order_by("bill__source_id")
    ]


def write_widened_by(revisions: Sequence[Revision], *, to: Path) -> None:
    """Keep beside a run what its attribute sets were widened by."""
    by_source = {one.source_id: _plain(one.further) for one in revisions if not one.further.is_nothing}
    if by_source:
        (to / WIDENED).write_text(json.dumps(by_source, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def lacking(revision: BillRevision, asked: Collection[Subject], *, spellings: Spellings) -> Further:
    """Return what a bill's attribute sets lack of the columns and tag keys that rules look at."""
    charges = revision_folder(revision) / "charges.parquet"
    asks_for_others = any(one.kind == "column" and one.key not in COLUMNS for one in asked)
    return further(
        asked,
        has=pq.read_schema(charges).names if asks_for_others and charges.is_file() else None,
        left_out=tags_left_out(revision) if any(one.kind == "tag" for one in asked) else (),
        spellings=spellings,
    )


def own_columns(revision: BillRevision) -> tuple[str, ...]:
    """Return the columns of a bill's lines that are its source's own and not among those of every bill."""
    charges = engine_revision(revision).charges
    names = pq.read_schema(charges).names if charges.is_file() else []
    return tuple(name for name in names if name not in (*COLUMNS, *FURTHER) and may_be_looked_at(name))


def tags_left_out(revision: BillRevision) -> tuple[str, ...]:
    """Return the tag keys that a bill's charges have and its attribute sets have not; looked up once for each bill.

    Of a bill whose lines are not kept nobody can tell.
    """
    bill = engine_revision(revision)
    file = revision_folder(revision) / LEFT_OUT
    if file.is_file():
        return tuple(json.loads(file.read_text(encoding="utf-8")))
    if not bill.charges.is_file() or "tags" not in pq.read_schema(bill.charges).names:
        return ()
    with lake.scratch(revision.organization_id) as scratch:
        keys = left_out_tags(
            bill.charges, attribute_sets=bill.attribute_sets, engine=local_engine(scratch), scratch=scratch
        )
        _keep(file, text=json.dumps(keys, ensure_ascii=False), scratch=scratch)
    return keys


def further_texts(revision: BillRevision, by: Further, *, containing: str, limit: int) -> list[str]:
    """Return the first texts of further columns or tag keys in a bill's lines that contain a piece of text."""
    rows = engine_revision(revision).charges
    if by.is_nothing or not rows.is_file():
        return []
    for sets in sorted(rows.parent.glob("widened/*/attribute_sets.parquet")) if not by.tags else ():
        if set(by.columns).issubset(pq.read_schema(sets).names):
            rows = sets  # fewer rows with the same texts
            break
    with lake.scratch(revision.organization_id) as scratch:
        engine = replace(local_engine(scratch), memory_limit=OF_A_PAGE)
        return distinct_texts(rows, by, containing=containing, limit=limit, engine=engine, scratch=scratch)


def widened(revision: BillRevision, by: Further, *, memory_limit: str | None = None) -> Revision:
    """Return a bill with attribute sets that hold these columns and tag keys too; they are written where they are not.

    :raises WideningError: they cannot be written.
    """
    found = engine_revision(revision, by=by)
    if found.attribute_sets.is_file():
        with suppress(FileNotFoundError):
            os.utime(found.attribute_sets.parent)  # what is looked at is not swept away
        return found
    _check(revision, by)
    with lake.scratch(revision.organization_id) as scratch:
        engine, finished = local_engine(scratch), scratch / by.name
        engine = replace(engine, memory_limit=memory_limit or engine.memory_limit)
        try:
            sums = write_widened(engine_revision(revision), by, to=finished, engine=engine, most=MOST_SETS)
        except TooManySetsError as error:
            _keep(_refusal(revision, by), text=_too_many(error, revision), scratch=scratch)
            raise WideningError(_too_many(error, revision)) from error
        _prove(sums, revision)
        _publish(finished, to=found.attribute_sets.parent)
    return found


def widened_for_page(revision: BillRevision, by: Further) -> Revision:
    """Return a bill widened as `widened` does; sets of many charges are asked of a worker.

    :raises NotYetWidenedError: a worker was asked.
    :raises WideningError: they cannot be written.
    """
    found = engine_revision(revision, by=by)
    if found.attribute_sets.is_file() or revision.row_count <= AT_ONCE:
        return widened(revision, by, memory_limit=OF_A_PAGE)
    _check(revision, by)
    with lake.scratch(revision.organization_id) as scratch:
        _keep(_asked(revision, by.name), text=json.dumps(_plain(by), ensure_ascii=False), scratch=scratch)
    publish(WideningRequested(organization_id=revision.organization_id, revision_id=revision.id, name=by.name))
    raise NotYetWidenedError(
        f"The lines of {_bill(revision)} are being sorted by {', '.join(by.words)}. Look again in a minute."
    )


def widen_as_asked(organization_id: UUID, *, revision_id: UUID, name: str) -> None:
    """Write the attribute sets that a page asked for; why they cannot be written is told where they are looked at."""
    with tenant(organization_id):
        revision = BillRevision.objects.filter(pk=revision_id).select_related("bill__source").first()
    if revision is None:
        return
    by = _from_plain(json.loads(_asked(revision, name).read_text(encoding="utf-8")))
    try:
        widened(revision, by)
    except WideningError as error:
        logger.warning("widening.refused", revision=str(revision_id), error=str(error))


def _check(revision: BillRevision, by: Further) -> None:
    """Refuse what is known to be impossible before anything is read.

    :raises WideningError: the lines are not kept, or have been found to be too different.
    """
    if not engine_revision(revision).charges.is_file():
        raise WideningError(
            f"The rules look at {', '.join(by.words)}, and the lines of {_bill(revision)} are not kept."
            " Pull the bill again."
        )
    if _refusal(revision, by).is_file():
        raise WideningError(_refusal(revision, by).read_text(encoding="utf-8"))


def _refusal(revision: BillRevision, by: Further) -> Path:
    """Return the file that says that a bill has too many sets: to count them takes as long as to write them."""
    return revision_folder(revision) / "widened" / f"{by.name}-over-{MOST_SETS}.txt"


def _asked(revision: BillRevision, name: str) -> Path:
    return revision_folder(revision) / "widened" / f"{name}.json"


def _keep(file: Path, *, text: str, scratch: Path) -> None:
    """Write a small file whole or not at all."""
    (scratch / file.name).write_text(text, encoding="utf-8")
    file.parent.mkdir(exist_ok=True)
    (scratch / file.name).replace(file)


def _publish(finished: Path, *, to: Path) -> None:
    try:
        lake.publish(finished, to=to)
    except OSError:
        # Another may have written the same meanwhile; a folder there is a finished one.
        if not to.is_dir():
            raise


def _prove(sums: Mapping[str, Mapping[str, Decimal]], revision: BillRevision) -> None:
    """Hold widened daily sums against the totals of the bill.

    :raises WideningError: they differ.
    """
    for currency in sorted({*sums, *revision.totals}):
        for cost in COST_COLUMNS:
            found = sums.get(currency, {}).get(cost, Decimal(0))
            expected = revision.totals.get(currency, {}).get(cost, "0")
            if found != Decimal(expected):
                raise WideningError(
                    f"The lines of {_bill(revision)} add up to {found:f} {currency} {cost}, the bill to {expected}."
                )


def _too_many(error: TooManySetsError, revision: BillRevision) -> str:
    return (
        f"{error.name} has {error.values:,} values in {_bill(revision)}, which makes more than {error.most:,} kinds of"
        " line, too many for rules: give the lines a tag, or look up in a list what another column says."
    )


def _bill(revision: BillRevision) -> str:
    return f"the bill of {revision.bill.source.name} for {period_name(revision.bill.billing_period)}"


def _plain(by: Further) -> dict[str, Sequence[str]]:
    return {"columns": by.columns, "tags": by.tags}


def _from_plain(plain: Mapping[str, Sequence[str]] | None) -> Further:
    return Further(columns=tuple(plain["columns"]), tags=tuple(plain["tags"])) if plain else NOTHING

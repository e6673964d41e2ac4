"""Which of Oracle's reports make up a bill, as they lie in a bucket or folder. Pure.

Source: https://docs.oracle.com/en-us/iaas/Content/Billing/Concepts/costusagereportsoverview.htm. Several reports come
each day, and none takes the place of another: a month is all reports that have rows of it.

- *FOCUS reports* lie in folders of the day of use (`FOCUS Reports/2026/10/05/`), so each month is a delivery of its
  own. Their files are marked with it, and the plan holds the rows to it.
- *Cost reports* have a running number for a name (`reports/cost-csv/0001000000670898.csv.gz`), which says nothing of
  their months, nor does the time they were written: rows may come late. All of them together are one delivery, which
  the plan splits into months.
- *Usage reports* (`reports/usage-csv/`) have no costs and are left out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from ingestion.delivery import DeliveredFile, Delivery, DeliveryError
from ingestion.delivery.tree import is_data, month
from ingestion.focus.findings import Finding

USAGE_FOLDER: Final = "usage-csv"
FOCUS_FOLDER: Final = "focus reports"
ALL_REPORTS: Final = "all cost reports"
_DAY: Final = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})/[^/]+$")


def deliveries(files: Sequence[DeliveredFile], *, place: str) -> tuple[Delivery, ...]:
    """Return the bills that the reports of a place make up; `place` is the folder or prefix they were listed in.

    :raises DeliveryError: only usage reports are there, both of the reports that tell the same, or one report twice.
    """
    data = [file for file in files if is_data(file.path)]
    others = tuple(file.path for file in files if not is_data(file.path))
    by_folder: dict[str, list[DeliveredFile]] = {USAGE_FOLDER: [], FOCUS_FOLDER: [], "": []}
    for file in data:
        by_folder[_report_folder(f"{place}/{file.path}")].append(file)
    usage, focus, cost = by_folder.values()
    if usage and not cost and not focus:
        raise DeliveryError(
            "usage_reports",
            f"There are only usage reports such as {usage[0].path}, which carry no cost. Take reports/cost-csv.",
        )
    if cost and focus:
        raise DeliveryError(
            "told_twice",
            f"Both {cost[0].path} and {focus[0].path} are here, and cost reports and FOCUS reports tell the same costs."
            " Name the folder or prefix of one of both, reports/cost-csv or FOCUS Reports.",
        )
    _refuse_copies(cost)
    found = _by_month(focus) if focus else [_delivery(cost, name=ALL_REPORTS, period=None)] if cost else []
    return tuple(_with_rest(delivery, usage=usage, others=others, is_first=delivery is found[0]) for delivery in found)


def _report_folder(path: str) -> str:
    """Return the folder that tells which report a file is, "" where none does."""
    folders = [part.lower() for part in path.split("/")]
    return next((folder for folder in (USAGE_FOLDER, FOCUS_FOLDER) if folder in folders), "")


def _refuse_copies(files: Iterable[DeliveredFile]) -> None:
    """Refuse reports of which a copy lies in another folder: their names are unique, and both would count."""
    seen: dict[tuple[str, int | None], str] = {}
    for file in files:
        other = seen.setdefault((file.name, file.size), file.path)
        if other != file.path:
            raise DeliveryError(
                "report_twice",
                f"{other} and {file.path} are the same report, which would count twice. Leave one of them; reports of"
                " several tenancies need a source for each.",
            )


def _by_month(files: Iterable[DeliveredFile]) -> list[Delivery]:
    """Return a delivery for each month whose days the folders say; one of all where none says any."""
    months: dict[date | None, list[DeliveredFile]] = defaultdict(list)
    for file in files:
        found = _DAY.search(file.path)
        months[month(found[1], found[2]) if found else None].append(file)
    if None in months and len(months) > 1:
        raise DeliveryError(
            "ambiguous_reports",
            f"{months[None][0].path} lies in no folder of a day as the others do, such as FOCUS Reports/2026/10/05."
            " Put it where it belongs, or leave it out.",
        )
    if None in months:
        return [_delivery(months[None], name="all FOCUS reports", period=None)]
    return [
        _delivery(
            [replace(file, dataset=f"{period:%Y-%m}") for file in months[period]],
            name=f"FOCUS reports of {period:%Y-%m}",
            period=period,
        )
        for period in sorted(filter(None, months))
    ]


def _delivery(files: Sequence[DeliveredFile], *, name: str, period: date | None) -> Delivery:
    return Delivery(
        name=files[0].path if len(files) == 1 else name, manifest="none", billing_period=period, files=tuple(files)
    )


def _with_rest(
    delivery: Delivery, *, usage: Sequence[DeliveredFile], others: tuple[str, ...], is_first: bool
) -> Delivery:
    """Return the first delivery with what was left out of all."""
    if not is_first:
        return delivery
    notes: tuple[Finding, ...] = ()
    if usage:
        message = f"{len(usage):,} usage reports, such as {usage[0].path}, were left out: they carry no cost."
        notes = (Finding(code="usage_reports", severity="info", file=usage[0].path, message=message),)
    return replace(delivery, ignored=others, notes=notes)

"""Which export each file of an Azure bill is of, and what of each export counts. Pure.

Azure tells a bill twice. *Actual cost* has what is invoiced: commitments (reservations, savings plans) where they are
bought, and what they cover at 0. *Amortized cost* leaves the purchases out and spreads them over what they cover and
over what went unused. FOCUS wants both in one row: what is billed, and what it costs in effect. So of a month for which
both are there, all of amortized counts, and of actual only what buys commitments:

| row                                    | in actual | in amortized | counts      | billed | effective |
|----------------------------------------|-----------|--------------|-------------|--------|-----------|
| machine, on demand                     | 2.64      | 2.64         | amortized's | 2.64   | 2.64      |
| machine, covered by a reservation      | 0         | 1.20         | amortized's | 0      | 1.20      |
| hours of the reservation nobody used   | -         | 2.05         | amortized's | 0      | 2.05      |
| the reservation's monthly price        | 3.25      | -            | actual's    | 3.25   | 0         |
| **sum**                                | **5.89**  | **5.89**     |             | **5.89** | **5.89** |

What is billed in the end is what actual says in full; where it is not, the two are not of the same time, and a warning
says by how much they differ.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Final, Literal

from ingestion.azure.survey import Group
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.inflate import ReadyFile
from ingestion.normalize.rounding import EXACT

Export = Literal["actual", "amortized"]
_NAMES: Final = re.compile(r"(actual)|(amorti[sz]ed)", re.IGNORECASE)
RENAME: Final = "Put ActualCost or AmortizedCost into the path of each file, or import each export with its manifest."


@dataclass(frozen=True, kw_only=True)
class Sorted:
    """The export of each file by its number, and the months for which both are there."""

    exports: Mapping[int, Export]
    paired_months: frozenset[date]
    findings: tuple[Finding, ...]


def export_named(text: str) -> Export | None:
    """Return the export that a manifest's type or a path names; in a path the part nearest to its end counts."""
    found = list(_NAMES.finditer(text))
    if not found:
        return None
    return "actual" if found[-1][1] else "amortized"


def sort_out(groups: Sequence[Group], *, files: Sequence[ReadyFile]) -> Sorted:
    """Say which export each file is of: as its manifest says, else its path, else what is in it.

    :raises RejectedBillError: nothing tells, or a file holds what only the other export has.
    """
    of_file: dict[int, list[Group]] = defaultdict(list)
    for group in groups:
        of_file[group.file_number].append(group)
    told = {file.number: _told(file, of_file[file.number]) for file in files}
    known = {export for export in told.values() if export}
    unknown = [file for file in files if told[file.number] is None]
    if unknown and len(known) > 1:
        raise _refused(unknown[0], "export_unknown", "does not tell whether it is of actual or of amortized cost.")
    # Without any commitment both exports are the same.
    rest: Export = "amortized" if known == {"amortized"} else "actual"
    exports = {number: export or rest for number, export in told.items()}
    months: dict[date, set[Export]] = defaultdict(set)
    for group in groups:
        if group.month:
            months[group.month].add(exports[group.file_number])
    paired = frozenset(month for month, found in months.items() if len(found) > 1)
    return Sorted(exports=exports, paired_months=paired, findings=tuple(_findings(groups, exports, months)))


def _told(file: ReadyFile, groups: Sequence[Group]) -> Export | None:
    content = _content(file, groups)
    named = export_named(file.dataset) or export_named(file.name)
    if named == "actual" and content == "amortized":
        raise _refused(file, "export_contradicts", "is called actual cost, but holds what only amortized cost has.")
    return named or content


def _content(file: ReadyFile, groups: Sequence[Group]) -> Export | None:
    """Return the export that only such rows can be of; None when there are no commitments, or both kinds of rows."""
    bought = any(group.is_purchase for group in groups)
    spread = any(group.is_unused or (group.is_covered and group.has_cost) for group in groups)
    covered = any(group.is_covered and not group.is_unused and group.has_free for group in groups)
    if bought and spread and not (export_named(file.dataset) or export_named(file.name)):
        raise _refused(
            file, "export_mixed", "holds purchases of commitments as well as the cost spread over what they cover."
        )
    if spread and not bought:
        return "amortized"
    return "actual" if (bought or covered) and not spread else None


def _refused(file: ReadyFile, code: str, what: str) -> RejectedBillError:
    message = f"{file.name} {what} {RENAME}"
    return RejectedBillError([Finding(code=code, severity="error", file=file.name, message=message)])


def _findings(
    groups: Sequence[Group], exports: Mapping[int, Export], months: Mapping[date, set[Export]]
) -> Iterable[Finding]:
    for month in sorted(months):
        of_month = [group for group in groups if group.month == month]
        if len(months[month]) > 1:
            yield from _accounts(of_month, exports, month=month)
        elif months[month] == {"amortized"}:
            yield Finding(
                code="actual_missing",
                severity="warning",
                message=(
                    f"{month:%Y-%m} has no export of actual cost: what commitments cost to buy is not in the billed"
                    " cost. Deliver the actual cost of the month too; both are then taken together."
                ),
            )
        elif any(group.is_covered or group.is_purchase for group in of_month):
            yield Finding(
                code="amortized_missing",
                severity="warning",
                message=(
                    f"{month:%Y-%m} has no export of amortized cost: commitments cost what they were bought for, when"
                    " they were bought, and what they cover nothing. Deliver the amortized cost of the month too; both"
                    " are then taken together."
                ),
            )


def _accounts(groups: Sequence[Group], exports: Mapping[int, Export], *, month: date) -> Iterable[Finding]:
    """Account for the rows of a month that were left out, by currency, and hold the bill against all of actual."""
    for currency in sorted({group.currency or "" for group in groups}):
        own = [group for group in groups if (group.currency or "") == currency]
        actual = [group for group in own if exports[group.file_number] == "actual"]
        amortized = [group for group in own if exports[group.file_number] == "amortized"]
        left = [group for group in actual if not group.is_purchase]
        doubled = [group for group in amortized if group.is_purchase]
        bought = _sum(group for group in actual if group.is_purchase)
        billed = bought + _sum(group for group in amortized if not (group.is_purchase or group.is_covered))
        text = (
            f"{month:%Y-%m}: of the actual cost, all but the purchases of commitments was left out ({_rows(left)},"
            f" {_sum(left):f} {currency}), as the amortized cost tells it too."
        )
        if doubled:
            text += (
                f" Of the amortized cost, purchases of commitments were left out ({_rows(doubled)}, {_sum(doubled):f}"
                f" {currency}), as the actual cost tells them."
            )
        if billed == _sum(actual):
            yield Finding(code="told_twice", severity="info", message=text)
            continue
        differ = (
            f" The actual cost is {_sum(actual):f} {currency} in all, the bill {billed:f}: the two exports are not of"
            " the same time or scope. Export both again."
        )
        yield Finding(code="exports_differ", severity="warning", message=text + differ)


def _rows(groups: Sequence[Group]) -> str:
    count = sum(group.row_count for group in groups)
    return f"{count:,} {'row' if count == 1 else 'rows'}"


def _sum(groups: Iterable[Group]) -> Decimal:
    return reduce(EXACT.add, (group.cost for group in groups), Decimal(0)).normalize(EXACT)

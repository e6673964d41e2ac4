"""The columns of Oracle's proprietary cost report, and which report a file is, by its header. Pure.

Source: https://docs.oracle.com/en-us/iaas/Content/Billing/Concepts/costusagereportsoverview.htm. The documentation and
the files differ in the case of titles (`lineItem/TenantId`, `product/Description`, `lineItem/backReferenceNo`), so
titles are compared by their letters; where the files of a delivery differ, a derived column holds both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ingestion.focus.columns import snake_case
from ingestion.focus.expressions import quoted
from ingestion.focus.findings import Finding, RejectedBillError
from ingestion.normalize.plan import DerivedColumn, RawColumn
from ingestion.normalize.tables import RawTables, Table

Report = Literal["cost", "focus"]
TITLES: Final = {
    "availability_domain": "product/availabilityDomain",
    "back_reference": "lineItem/backreferenceNo",
    "billing_unit": "cost/billingUnitReadable",
    "compartment_id": "product/compartmentId",
    "compartment_name": "product/compartmentName",
    "cost": "cost/myCost",
    "cost_overage": "cost/myCostOverage",
    "currency": "cost/currencyCode",
    "description": "product/Description",
    "end": "lineItem/intervalUsageEnd",
    "is_correction": "lineItem/isCorrection",
    "quantity": "usage/billedQuantity",
    "region": "product/region",
    "resource_id": "product/resourceId",
    "service": "product/service",
    "sku": "cost/productSku",
    "start": "lineItem/intervalUsageStart",
    "subscription_id": "cost/subscriptionId",
    "tenant_id": "lineItem/tenantId",
    "unit": "cost/skuUnitDescription",
    "unit_price": "cost/unitPrice",
}
"""What a column means to its title."""
REQUIRED: Final = ("cost", "currency", "service", "start")
TAGS: Final = "tags/"
USAGE_ONLY: Final = "usage/consumedQuantity"
"""In usage reports and in no cost report."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns there are: by meaning the name each goes by, `tags` by name to their keys, and all others."""

    names: dict[str, str]
    tags: dict[str, str]
    others: tuple[str, ...]
    derived: tuple[DerivedColumn, ...]

    def text(self, meaning: str) -> str:
        """Return a column as text, null when no file has it."""
        return quoted(self.names[meaning]) if meaning in self.names else "NULL::VARCHAR"

    def number(self, meaning: str) -> str:
        """Return a column as a number, null when no file has it."""
        return quoted(f"n_{self.names[meaning]}") if meaning in self.names else "NULL::DECIMAL(38,18)"


def columns(raw: RawTables) -> Columns:
    """Return the columns of the files of a cost report."""
    tags = {column.name: column.title[len(TAGS) :] for column in raw.columns if _is_tag(column.title)}
    by_spelling: dict[str, list[RawColumn]] = defaultdict(list)
    for column in raw.columns:
        if column.name not in tags:
            by_spelling[_spelling(column.title)].append(column)
    meant = {meaning: by_spelling.pop(_spelling(title), []) for meaning, title in TITLES.items()}
    merged = {meaning: _merged(meaning, found) for meaning, found in meant.items() if len(found) > 1}
    return Columns(
        names={
            meaning: merged[meaning].name if meaning in merged else found[0].name
            for meaning, found in meant.items()
            if found
        },
        tags=tags,
        others=tuple(column.name for found in by_spelling.values() for column in found),
        derived=tuple(merged.values()),
    )


def report_of(raw: RawTables) -> Report:
    """Return which report the files are.

    :raises RejectedBillError: some are usage reports, some are of the one and some of the other, or no charge can do
        without a column that a cost report lacks.
    """
    spellings = {table.file.name: {_spelling(title) for title in table.titles} for table in raw.tables}
    cost, usage = _spelling(TITLES["cost"]), _spelling(USAGE_ONLY)
    is_focus = {name: cost not in found and "billedcost" in found for name, found in spellings.items()}
    wrong = [_usage_report(name) for name, found in spellings.items() if usage in found and cost not in found]
    if not wrong and all(is_focus.values()):
        return "focus"
    if not wrong and any(is_focus.values()):
        wrong = [_told_twice(is_focus)]
    if not wrong:
        wrong = [finding for table in raw.tables for finding in _missing(table, spellings[table.file.name])]
    if wrong:
        raise RejectedBillError(wrong)
    return "cost"


def _usage_report(file: str) -> Finding:
    message = f"{file} is a usage report, which carries no cost. Take the cost reports (reports/cost-csv) instead."
    return Finding(code="usage_report", severity="error", file=file, row=0, column=USAGE_ONLY, message=message)


def _told_twice(is_focus: dict[str, bool]) -> Finding:
    focus = next(name for name, told in is_focus.items() if told)
    cost = next(name for name, told in is_focus.items() if not told)
    message = f"{cost} is a cost report and {focus} a FOCUS report, which tell the same costs. Leave only one of both."
    return Finding(code="told_twice", severity="error", file=focus, row=0, message=message)


def _missing(table: Table, spellings: set[str]) -> Iterable[Finding]:
    for meaning in REQUIRED:
        title, file = TITLES[meaning], table.file.name
        if _spelling(title) not in spellings:
            message = f"{file} has no column {title}. Is it a cost report or a FOCUS report of Oracle Cloud?"
            yield Finding(code="column_missing", severity="error", file=file, row=0, column=title, message=message)


def kept_name(meaning: str) -> str:
    """Return under which name a column of a meaning is kept, whatever its spelling."""
    return f"x_{snake_case(TITLES[meaning])}"


def _is_tag(title: str) -> bool:
    return title.lower().startswith(TAGS) and len(title) > len(TAGS)


def _spelling(title: str) -> str:
    return re.sub(r"[^a-z0-9/]", "", title.lower())


def _merged(meaning: str, found: Iterable[RawColumn]) -> DerivedColumn:
    several = list(found)
    names = ", ".join(quoted(column.name) for column in several)
    return DerivedColumn(name=f"merged_{meaning}", title=several[0].title, sql=f"coalesce({names})")

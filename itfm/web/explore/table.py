"""The answer in one currency as a table: groups down, time across. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from allocation.costs.answer import CostAnswer, CostLine, CurrencyAnswer
from itfm.web.components import SURELY_TALL, Cell, Change, Column, Link, Row, Table
from itfm.web.explore.words import bucket_text


@dataclass(frozen=True, kw_only=True)
class Line:
    """The words of a line, and where it leads."""

    names: tuple[str, ...]
    url: str
    is_unallocated: bool = False


def table_of(
    found: CostAnswer,
    one: CurrencyAnswer,
    *,
    lines: tuple[Line, ...],
    heads: tuple[str, ...],
    id: str,  # noqa: A002 - the field's own name
    unit: str,
    exports: tuple[Link, ...] = (),
) -> Table:
    """Return the table; its rows add up to its last one."""
    rows = [_row(found, answered, one, line=line) for line, answered in zip(lines, one.lines, strict=True)]
    if one.rest:
        rest = Line(names=(_others(one.rest.count), *[""] * (len(heads) - 1)), url="")
        rows.append(_row(found, one.rest, one, line=rest))
    total = Line(names=("Total", *[""] * (len(heads) - 1)), url="")
    return Table(
        id=id,
        caption=f"Costs by {', '.join(heads).lower()} in {one.currency}",
        columns=_columns(found, heads=heads, unit=unit),
        rows=tuple(rows),
        total=_row(found, one.total, one, line=total),
        exports=exports,
        is_tall=len(rows) > SURELY_TALL,
    )


def _columns(found: CostAnswer, *, heads: tuple[str, ...], unit: str) -> tuple[Column, ...]:
    query = found.query
    columns = [Column(key=f"group-{number}", label=head, is_fixed=True) for number, head in enumerate(heads)]
    if query.granularity != "total":
        columns += [
            Column(key=f"bucket-{bucket:%Y-%m-%d}", label=bucket_text(bucket, query.granularity), kind="money")
            for bucket in found.buckets
        ]
    columns.append(Column(key="total", label="Total", kind="money", currency=unit))
    columns.append(Column(key="share", label="Share", kind="share"))
    if query.compare:
        columns.append(Column(key="comparison", label="Compared", kind="money", currency=unit))
        columns.append(Column(key="change", label="Change", kind="change", currency=unit))
    return tuple(columns)


def _row(found: CostAnswer, answered: CostLine, one: CurrencyAnswer, *, line: Line) -> Row:
    first, *others = line.names
    cells = [Cell(value=first, url=line.url), *(Cell(value=name) for name in others)]
    if found.query.granularity != "total":
        cells += [Cell(value=cost) for cost in answered.costs]
    cells += [Cell(value=answered.total), Cell(value=_share(answered.total, one.total.total))]
    if found.query.compare:
        cells += [Cell(value=answered.comparison), Cell(value=_change(answered))]
    return Row(cells=tuple(cells), is_unallocated=line.is_unallocated)


def _share(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole * 100 if whole else None


def _change(answered: CostLine) -> Change:
    before = answered.comparison
    if before is None:
        return Change(amount=None)
    change = answered.total - before
    return Change(amount=change, percent=change / before.copy_abs() * 100 if before else None)


def _others(count: int) -> str:
    return "1 other" if count == 1 else f"{count:,} others"

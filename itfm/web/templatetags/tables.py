"""The rows of tables. A page may have a thousand cells, so they are written here rather than each by a template."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django import template
from django.template.defaultfilters import floatformat
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from itfm.web.components import Cell, Column, Kind, Row, Table
from itfm.web.templatetags import figures

register = template.Library()


@register.simple_tag(name="table_rows")
def rows(table: Table) -> SafeString:
    """Write the rows of a table; the first cell of each names it."""
    return SafeString("".join(_row(row, cells) for row, cells in table.lines))


def _row(row: Row, cells: Iterable[tuple[Column, Cell]]) -> SafeString:
    (first, naming), *others = cells
    return format_html(
        '<tr class="depth-{}{}"{}><th scope="row">{}{}</th>{}</tr>',
        row.depth,
        " row-unallocated" if row.is_unallocated else "",
        _CURRENT if row.is_current else "",
        render_to_string("components/icon.html", {"name": "alert"}) if row.is_unallocated else "",
        written(first, naming),
        SafeString("".join(f"<td{_END if one.is_figure else ''}>{written(one, cell)}</td>" for one, cell in others)),
    )


_END: Final = ' class="end"'
_CURRENT: Final = SafeString(' aria-current="true"')


@register.simple_tag(name="cell")
def written(column: Column, cell: Cell) -> SafeString:
    """Write one value as its column's kind asks for, as a link where it has one, with its note."""
    text = _WRITERS[column.kind](cell.value, column.currency)
    if cell.url:
        drawer = format_html(' data-drawer-open="{}"', cell.drawer) if cell.drawer else ""
        text = format_html('<a class="cell-link" href="{}"{}>{}</a>', cell.url, drawer, text)
    return format_html('{}<span class="cell-note">{}</span>', text, cell.note) if cell.note else text


def _text(value: Any, _currency: str) -> SafeString:
    return format_html('<span class="name">{}</span>', "" if value is None else value)


def _share(value: Any, _currency: str) -> SafeString:
    bar = ""
    if value is not None:
        width = floatformat(value, "2u")
        bar = format_html('<progress class="share" max="100" value="{}" aria-hidden="true"></progress>', width)
    return format_html('<span class="share-cell">{}{}</span>', bar, figures.percent(value))


def _change(value: Any, currency: str) -> SafeString:
    return figures.delta(value.amount, value.percent, currency)


def _state(value: Any, _currency: str) -> SafeString:
    return render_to_string("components/state.html", {"state": value})


def _alone(write: Callable[[Any], SafeString]) -> Callable[[Any, str], SafeString]:
    """Return a way of writing that needs no currency."""
    return lambda value, _currency: write(value)


_WRITERS: Final[dict[Kind, Callable[[Any, str], SafeString]]] = {
    "text": _text,
    "money": figures.amount,
    "percent": _alone(figures.percent),
    "number": _alone(figures.number),
    "day": _alone(figures.day),
    "moment": _alone(figures.moment),
    "period": _alone(figures.period),
    "change": _change,
    "state": _state,
    "share": _share,
}

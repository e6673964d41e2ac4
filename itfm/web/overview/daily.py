"""The Overview's chart of cost per day, and the same figures as a table. Pure."""

from __future__ import annotations

from itfm.web.charts import DailyCosts
from itfm.web.components import Cell, ChartCard, Column, Row, Table
from itfm.web.display import day_text


def daily_card(daily: DailyCosts, *, group_name: str) -> ChartCard:
    """Return the card of costs per day, stacked by value of a dimension."""
    by = f"by {group_name.lower()}"
    return ChartCard(
        id="daily",
        title="Cost per day",
        subtitle=f"{daily.currency}, stacked {by}",
        summary=f"Stacked bars of cost per day {by}; the table below has the same figures",
        figure=daily.figure,
        table=_table(daily, caption=f"Cost per day {by}"),
    )


def _table(daily: DailyCosts, *, caption: str) -> Table:
    currency = daily.currency
    names = [series.name for series in daily.series]
    sums = (*(series.total for series in daily.series), daily.total)
    return Table(
        id="daily-table",
        caption=caption,
        columns=(
            Column(key="day", label="Day"),
            *(Column(key=f"series-{n}", label=name, kind="money") for n, name in enumerate(names)),
            Column(key="total", label="Total", kind="money", currency=currency),
        ),
        rows=tuple(
            Row(cells=(Cell(value=day_text(row.day)), *(Cell(value=cost) for cost in (*row.costs, row.total))))
            for row in daily.rows
        ),
        total=Row(cells=(Cell(value="Total"), *(Cell(value=cost) for cost in sums))),
        is_tall=True,
    )

"""Sample charts: one of each kind, and a card in each state. Pure; no figure here is a real cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from itfm.web.charts import (
    Bridge,
    DailyCost,
    DailyCosts,
    FanPoint,
    Flow,
    Interval,
    Multiple,
    Share,
    daily_costs,
    forecast_fan,
    heat_by_day,
    sankey,
    shares,
    small_multiples,
    waterfall,
)
from itfm.web.components import Cell, ChartCard, Column, Empty, Kind, Row, Table
from itfm.web.design.samples import LONG_NAME

CURRENCY: Final = "USD"
FIRST: Final = date(2026, 10, 1)
TEAMS: Final[Mapping[str | None, int]] = {
    "Payments": 740,
    "Search": 390,
    "Checkout": 260,
    "Data platform": 210,
    "Refunds": -90,
    None: 45,
}
"""What each team costs on a quiet day."""


def daily() -> DailyCosts:
    """Return a month of cost by team: weekends are quieter, and one team grows."""
    rows = [
        DailyCost(charge_date=day, name=name, cost=_cost(base, day))
        for day in (FIRST + timedelta(days=number) for number in range(31))
        for name, base in TEAMS.items()
    ]
    return daily_costs(rows, currency=CURRENCY, urls={"Payments": "#tables"})


def _cost(base: int, day: date) -> Decimal:
    weekend = Decimal("0.6") if day.weekday() >= 5 else Decimal(1)
    growth = 1 + Decimal(day.day) / 100 if base == 390 else Decimal(1)
    return base * weekend * growth


SHARES: Final = (
    Share(name="Payments", cost=Decimal("21090.4"), url="#tables"),
    Share(name="Search", cost=Decimal("12004")),
    Share(name=LONG_NAME, cost=Decimal("3310.75")),
    Share(name="Data platform", cost=Decimal("980")),
    Share(name="Refunds", cost=Decimal("-1203.75")),
    Share(name=None, cost=Decimal("412.2")),
)
STEPS: Final = (
    Bridge(name="Volume", amount=Decimal(1900), url="#tables"),
    Bridge(name="Savings plan expired", amount=Decimal(700)),
    Bridge(name="Storage", amount=Decimal(-230)),
    Bridge(name="Exchange rate", amount=Decimal(0)),
)
FLOWS: Final = (
    Flow(source="Direct", target="Payments", amount=Decimal(18000)),
    Flow(source="Direct", target="Search", amount=Decimal(9000), url="#tables"),
    Flow(source="Direct", target="Logging", amount=Decimal(3120)),
    Flow(source="Direct", target="Network", amount=Decimal(2400)),
    Flow(source="Direct", target="Unallocated", amount=Decimal(410)),
    Flow(source="Logging", target="Payments", amount=Decimal(1820)),
    Flow(source="Logging", target="Search", amount=Decimal(900)),
    Flow(source="Logging", target="Checkout", amount=Decimal(400)),
    Flow(source="Network", target="Payments", amount=Decimal(1400)),
    Flow(source="Network", target="Checkout", amount=Decimal(1000)),
)
MONTHS: Final = tuple(date(2026, month, 1) for month in range(1, 13))
FAN: Final = tuple(
    FanPoint(period=month, cost=Decimal(38000 + 400 * month.month))
    if month.month < 8
    else FanPoint(
        period=month,
        expected=Decimal(38000 + 450 * month.month),
        intervals=tuple(
            Interval(
                percent=percent,
                low=Decimal(38000 + 450 * month.month - width * (month.month - 7)),
                high=Decimal(38000 + 450 * month.month + width * (month.month - 7)),
            )
            for percent, width in ((95, 1100), (80, 600))
        ),
    )
    for month in MONTHS
)


def heat() -> dict[date, Decimal]:
    """Return a quarter of days, one of them missing and one of them dear."""
    days = [FIRST + timedelta(days=number) for number in range(92)]
    costs = {day: _cost(740, day) + day.day for day in days if day != date(2026, 11, 11)}
    return costs | {date(2026, 11, 27): Decimal("3210.99")}


def figures() -> dict[str, dict[str, Any]]:
    """Return one figure of each kind, by its name."""
    return {
        "trend": daily().figure,
        "share": shares(SHARES, currency=CURRENCY),
        "waterfall": waterfall(STEPS, start=Decimal("38910"), start_name="June", end_name="July", currency=CURRENCY),
        "sankey": sankey(FLOWS, currency=CURRENCY),
        "heat": heat_by_day(heat(), currency=CURRENCY),
        "fan": forecast_fan(FAN, currency=CURRENCY),
        "multiples": multiples()[0].figure,
    }


def multiples() -> tuple[Multiple, ...]:
    """Return a small chart per team."""
    return small_multiples(daily())


def cards() -> tuple[ChartCard, ...]:
    """Return a card per kind of chart with its table, and one in each state."""
    drawn = figures()
    return (*_divided(drawn), *_flowing(drawn), *_timed(drawn), *_states())


def _divided(drawn: Mapping[str, dict[str, Any]]) -> tuple[ChartCard, ...]:
    return (
        ChartCard(
            id="trend",
            title="Cost per day",
            subtitle="USD, stacked by team",
            summary="Stacked bars of cost per day by team",
            figure=drawn["trend"],
            table=_trend_table(),
        ),
        ChartCard(
            id="share",
            title="Cost by team",
            summary="Bars of cost by team",
            figure=drawn["share"],
            table=_table("share", ("Team", "Cost"), [(row.name or "Unallocated", row.cost, row.url) for row in SHARES]),
        ),
    )


def _flowing(drawn: Mapping[str, dict[str, Any]]) -> tuple[ChartCard, ...]:
    return (
        ChartCard(
            id="waterfall",
            title="From June to July",
            summary="Bars that lead from June's cost to July's, a step per cause",
            figure=drawn["waterfall"],
            table=_table("waterfall", ("Cause", "Change"), [(step.name, step.amount, step.url) for step in STEPS]),
        ),
        ChartCard(
            id="sankey",
            title="How cost reaches teams",
            summary="Ribbons from direct cost over shared pools to teams",
            figure=drawn["sankey"],
            table=_table(
                "sankey",
                ("From and to", "Amount"),
                [(f"{flow.source} to {flow.target}", flow.amount, flow.url) for flow in FLOWS],
            ),
        ),
    )


def _timed(drawn: Mapping[str, dict[str, Any]]) -> tuple[ChartCard, ...]:
    return (
        ChartCard(
            id="heat",
            title="Days of the quarter",
            summary="A calendar colored by cost",
            figure=drawn["heat"],
            table=_table("heat", ("Day", "Cost"), [(day, cost, "") for day, cost in heat().items()], kind="day"),
        ),
        ChartCard(
            id="fan",
            title="Outlook",
            summary="Cost until July, and the range of what is expected until December",
            figure=drawn["fan"],
            table=_table(
                "fan",
                ("Month", "Cost or forecast"),
                [(point.period, point.cost or point.expected or Decimal(0), "") for point in FAN],
                kind="period",
            ),
        ),
    )


def _states() -> tuple[ChartCard, ...]:
    nothing = Empty(title="No cost in these days", text="Choose another period above.")
    return (
        ChartCard(id="chart-loading", title="Loading", summary="", is_loading=True),
        ChartCard(id="chart-empty", title="Empty", summary="", empty=nothing),
        ChartCard(
            id="chart-failed", title="Failed", summary="", error="The mart is being written anew. Load the page again."
        ),
    )


def _table(
    name: str,
    labels: tuple[str, str],
    rows: Sequence[tuple[object, Decimal, str]],
    *,
    kind: Kind = "text",
) -> Table:
    return Table(
        id=f"{name}-table",
        caption=f"{labels[1]} by {labels[0].lower()}",
        columns=(
            Column(key="name", label=labels[0], kind=kind),
            Column(key="amount", label=labels[1], kind="money", currency=CURRENCY),
        ),
        rows=tuple(Row(cells=(Cell(value=label), Cell(value=amount, url=url))) for label, amount, url in rows),
        is_tall=True,
    )


def _trend_table() -> Table:
    costs = daily()
    return Table(
        id="trend-table",
        caption="Cost per day by team",
        columns=(
            Column(key="day", label="Day", kind="day"),
            *(
                Column(key=str(number), label=series.name, kind="money", currency=CURRENCY)
                for number, series in enumerate(costs.series)
            ),
            Column(key="total", label="Total", kind="money", currency=CURRENCY),
        ),
        rows=tuple(
            Row(cells=tuple(Cell(value=value) for value in (row.day, *row.costs, row.total))) for row in costs.rows
        ),
        is_tall=True,
    )

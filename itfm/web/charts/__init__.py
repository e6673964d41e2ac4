"""Plotly figures: exact rows in, a JSON-ready figure out. Pure.

A figure's positions are floats because a screen is drawn in pixels; every amount a person reads, in hover labels and
in the table beside the chart, is written from the exact decimals. Colors are not in the figure: `chart.js` takes them
from the stylesheet by what each trace's `meta` says (see `itfm.web.charts.traces`): one figure fits every theme.
"""

from itfm.web.charts.amounts import exact_sum
from itfm.web.charts.fan import FanPoint, Interval, forecast_fan
from itfm.web.charts.heat import heat_by_day
from itfm.web.charts.legend import LegendEntry, legend
from itfm.web.charts.multiples import Multiple, small_multiples
from itfm.web.charts.palette import slots
from itfm.web.charts.sankey import Flow, sankey
from itfm.web.charts.share import Share, shares
from itfm.web.charts.stacked import DailyCost, DailyCosts, DayRow, Granularity, Series, daily_costs, stacked_days
from itfm.web.charts.waterfall import Bridge, waterfall

__all__ = [
    "Bridge",
    "DailyCost",
    "DailyCosts",
    "DayRow",
    "FanPoint",
    "Flow",
    "Granularity",
    "Interval",
    "LegendEntry",
    "Multiple",
    "Series",
    "Share",
    "daily_costs",
    "exact_sum",
    "forecast_fan",
    "heat_by_day",
    "legend",
    "sankey",
    "shares",
    "slots",
    "small_multiples",
    "stacked_days",
    "waterfall",
]

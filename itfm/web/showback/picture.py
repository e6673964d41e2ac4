"""The trend as a picture for letters. Pure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from itfm.web.display import SPACE, money_text, period_text
from itfm.web.showback.chart import month_label

INCHES: Final = (6.0, 2.1)
DOTS_PER_INCH: Final = 180
BAR: Final = "#9db8e8"
THIS_MONTH: Final = "#1f57c3"
INK: Final = "#55616f"
LINE: Final = "#e1e5ea"


def trend_png(costs: Mapping[date, Decimal], *, currency: str) -> bytes:
    """Return bars of cost per month, the last one set off."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    months = sorted(costs)
    figure = Figure(figsize=INCHES, dpi=DOTS_PER_INCH, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    heights = [float(costs[month]) for month in months]
    colors = [BAR] * (len(months) - 1) + [THIS_MONTH]
    axes.bar([month_label(month) for month in months], heights, color=colors, width=0.64)
    axes.yaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_ylabel(currency, color=INK, fontsize=7)
    axes.tick_params(colors=INK, labelsize=7, length=0)
    axes.grid(axis="y", color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def trend_words(costs: Mapping[date, Decimal], *, currency: str) -> str:
    """Return the same figures in words, the newest first."""
    months = sorted(costs, reverse=True)
    parts = [f"{period_text(month)} {money_text(costs[month], currency)}" for month in months]
    # Plain spaces: mrml writes others inside an attribute as their code.
    return f"Cost per month: {'; '.join(parts)}".replace(SPACE, " ")

"""Template tags for amounts, ratios, dates and charts: the only way a figure gets onto a page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, json_script
from django.utils.safestring import SafeString

from itfm.web import charts, display
from itfm.web.charts import LegendEntry

register = template.Library()


@register.simple_tag
def money(amount: Decimal | None, currency: str = "") -> SafeString:
    """Write an amount rounded to its currency, the exact digits one hover or `data-exact` away."""
    if amount is None:
        return _unknown()
    exact = display.exact_text(amount)
    title = f"{exact} {currency}".strip()
    return format_html(
        '<data class="money{}" value="{}" title="{}" data-exact="{}">{}{}</data>',
        " money-negative" if amount < 0 else "",
        f"{amount:f}",
        title,
        exact,
        display.amount_text(amount, currency),
        format_html(' <abbr class="money-currency">{}</abbr>', currency) if currency else "",
    )


@register.simple_tag
def amount(value: Decimal | None, currency: str) -> SafeString:
    """Write an amount whose currency stands in the heading of its column."""
    if value is None:
        return _unknown()
    exact, written = display.exact_text(value), display.amount_text(value, currency)
    negative = " money-negative" if value < 0 else ""
    # A page has a thousand of these: only the currency is text that somebody may have typed.
    return SafeString(
        f'<data class="money{negative}" value="{value:f}" title="{exact} {escape(currency)}" data-exact="{exact}">'
        f"{written}</data>"
    )


@register.simple_tag
def signed(value: Decimal, currency: str) -> SafeString:
    """Write a change with its sign, plus as well as minus; its currency stands nearby."""
    return format_html("{}{}", "+" if value > 0 else "", amount(value, currency))


@register.simple_tag
def explained(value: Decimal | None, currency: str, query: str, *, in_column: bool = False) -> SafeString:
    """Write an amount as a link to what it is made of; the page's Explain drawer shows it where there is one.

    `query` comes from `itfm.web.explain.address.query_of`; without one the amount is no link. `in_column` leaves the
    currency to the heading of the column.
    """
    written = amount(value, currency) if in_column else money(value, currency)
    if value is None or not query:
        return written
    return format_html(
        '<a class="explained" href="{}?{}" data-drawer-open="explain" aria-label="Explain {}">{}</a>',
        reverse("explain"),
        query,
        display.money_text(value, currency),
        written,
    )


@register.simple_tag
def exact(value: Decimal | None, places: int = 0) -> SafeString:
    """Write every digit of an amount, with so many decimals at least: those of a column line up."""
    if value is None:
        return _unknown()
    return format_html('<span class="number">{}</span>', display.exact_text(value, places=places))


@register.simple_tag
def percent(value: Decimal | None) -> SafeString:
    """Write a percentage with one decimal."""
    return _unknown() if value is None else format_html('<span class="number">{}</span>', display.percent_text(value))


@register.simple_tag
def number(value: int | Decimal | None) -> SafeString:
    """Write a count, thousands grouped."""
    if value is None:
        return _unknown()
    return format_html('<span class="number">{}</span>', display.grouped(Decimal(value), places=0))


@register.simple_tag
def size(value: int | None) -> SafeString:
    """Write a number of bytes."""
    return _unknown() if value is None else format_html('<span class="number">{}</span>', display.size_text(value))


@register.simple_tag
def delta(change: Decimal | None, change_percent: Decimal | None, currency: str) -> SafeString:
    """Write a change in cost; its direction is a word and an arrow, not a color alone."""
    if change is None:
        return _unknown("no month to compare with")
    if change == 0:
        return format_html('<span class="delta"><span>{}</span></span>', "no change")
    sign, word = ("▲", "increase") if change > 0 else ("▼", "decrease")
    percent = ""
    if change_percent is not None:
        percent = format_html(
            ' <span class="delta-dot" aria-hidden="true">·</span> <span class="delta-percent">{}</span>',
            display.percent_text(change_percent.copy_abs()),
        )
    return format_html(
        '<span class="delta"><span class="delta-sign" aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{} of</span> <span>{}</span>{}</span>',
        sign,
        word,
        amount(change.copy_abs(), currency),
        percent,
    )


@register.simple_tag
def period(first_day: date | None) -> SafeString:
    """Write a billing period as `October 2026`."""
    if first_day is None:
        return _unknown()
    return format_html(
        '<time datetime="{}" class="period">{}</time>', f"{first_day:%Y-%m}", display.period_text(first_day)
    )


@register.filter
def period_key(first_day: date) -> str:
    """Return a billing period as it stands in addresses: `2026-10`."""
    return f"{first_day:%Y-%m}"


@register.filter
def period_name(first_day: date) -> str:
    """Return a billing period as `October 2026`."""
    return display.period_text(first_day)


@register.simple_tag
def day(value: date | None) -> SafeString:
    """Write a day as `3 Oct 2026`."""
    if value is None:
        return _unknown("none yet")
    return format_html('<time datetime="{}" class="number">{}</time>', value.isoformat(), display.day_text(value))


@register.simple_tag
def moment(value: datetime | None) -> SafeString:
    """Write a point in time as `3 Oct 2026, 03:00 UTC`, in the time zone in force."""
    if value is None:
        return _unknown("none yet")
    local = timezone.localtime(value)
    month = display.MONTHS[local.month - 1][:3]
    return format_html(
        '<time datetime="{}" class="number">{} {} {}, {} {}</time>',
        value.isoformat(),
        local.day,
        month,
        local.year,
        f"{local:%H:%M}",
        local.tzname(),
    )


@register.simple_tag
def figure(value: dict[str, Any], name: int | str) -> SafeString:
    """Write a chart's data for `chart.js`, safe inside a page, as the element `figure-<name>`."""
    return json_script(value, f"figure-{name}")


@register.filter
def legend(value: dict[str, Any]) -> tuple[LegendEntry, ...]:
    """Return the entries of a chart's legend."""
    return charts.legend(value)


def _unknown(words: str = "unknown") -> SafeString:
    return format_html(
        '<span class="unknown"><span aria-hidden="true">&ndash;</span><span class="visually-hidden">{}</span></span>',
        words,
    )

"""Filters for figures in letters, which are text and have no page around them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import template

from itfm.web import display
from itfm.web.showback.words import signed

register = template.Library()
UNKNOWN = "unknown"


@register.filter
def in_currency(value: Decimal | None, currency: str) -> str:
    """Return `1,234.50 USD`."""
    return UNKNOWN if value is None else display.money_text(value, currency)


@register.filter
def plain_in(value: Decimal | None, currency: str) -> str:
    """Return `1,234.50`, for a column whose heading names the currency."""
    return "\N{EN DASH}" if value is None else display.amount_text(value, currency)


@register.filter
def change_in(value: Decimal, currency: str) -> str:
    """Return `+1,234.50`."""
    return signed(value, currency)


@register.filter
def month(first_day: date) -> str:
    """Return `October 2026`."""
    return display.period_text(first_day)

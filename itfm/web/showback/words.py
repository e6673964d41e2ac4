"""A statement's findings in sentences. Pure."""

from __future__ import annotations

from decimal import Decimal

from itfm.core.currencies import decimals_of
from itfm.web.display import SPACE, amount_text, money_text, percent_text
from showback.statement import CausePart, CurrencyStatement, Line
from showback.unowned import Place, Unowned


def signed(amount: Decimal, currency: str) -> str:
    """Return the amount with its sign, also where it rose: `+1,900.00`."""
    text = amount_text(amount, currency)
    return f"+{text}" if amount > 0 and not text.startswith("+") else text


def signed_percent(percent: Decimal) -> str:
    """Return the percentage with its sign, also where it rose: `+6.1 %`."""
    return f"+{percent_text(percent)}" if percent > 0 else percent_text(percent)


def cause_sentence(statement: CurrencyStatement) -> str:
    """Return why the total changed, by its largest movers; what is written sums to the change as it is written."""
    change = statement.total.change
    if change is None:
        return "There is no month before to compare with."
    parts = statement.causes(places=decimals_of(statement.currency))
    if not parts:
        return "The same as the month before."
    whole = sum((part.change for part in parts), Decimal(0))
    direction = "Up" if whole > 0 else "Down" if whole < 0 else "In all no change,"
    amount = f" {money_text(whole.copy_abs(), statement.currency)}" if whole else ""
    return f"{direction}{amount}: {', '.join(_part(part, statement.currency) for part in parts)}."


def _part(part: CausePart, currency: str) -> str:
    note = f" ({part.word})" if part.word in {"new", "gone"} else ""
    return f"{signed(part.change, currency)}{SPACE}{part.name}{note}"


def share_words(line: Line) -> str:
    """Return which part of a pool it is and by what the pool was shared: `18.4 % of it, by Ingested log volume`."""
    if line.kind != "shared":
        return ""
    if line.share_percent is not None:
        return f"{percent_text(line.share_percent)} of this pool" + (f", by {line.shared_by}" if line.shared_by else "")
    return "moved out, to be shared" if line.months.now < 0 else ""


def place_words(place: Place) -> str:
    """Return `Storage in account 111`, or as much of it as the bill says."""
    account = f"account {place.account}" if place.account else "no account"
    return f"{place.service} in {account}" if place.service else f"Cost in {account}"


def clue_words(one: Unowned) -> str:
    """Return why cost that nobody owns is probably this cost center's."""
    share = percent_text(one.share_percent)
    around = "in this account" if one.clue == "account" else f"for {one.place.service}"
    return f"{share} of the owned cost {around} is yours"

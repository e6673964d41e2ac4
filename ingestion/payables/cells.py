"""Reading the cells of files of invoices and orders: each is read as it should be written, or it is said how. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from ingestion.payables.facts import CATEGORIES, STATUSES, Status
from ingestion.payables.order_facts import CLOSED_WORDS, OPEN_WORDS, OrderStatus
from itfm.core.money import AmountError, amount
from itfm.core.periods import PeriodError, parse_period

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class CellError(ValueError):
    """A cell cannot be read; the message says how to write it."""


def text(cell: str) -> str:
    """Return a text without the spaces around it."""
    return cell.strip()


def line(cell: str) -> str:
    """Return a text as one line: a memo may have several."""
    return " ".join(cell.split())


def needed(cell: str, *, paper: str = "invoice") -> str:
    """Return a text that must be there.

    :raises CellError: it is empty.
    """
    if not cell.strip():
        raise CellError(f"it is empty. Write it as it stands on the {paper}.")
    return cell.strip()


def number(cell: str) -> Decimal:
    """Return an exact amount.

    :raises CellError: for any other form than digits with a point.
    """
    try:
        return amount(cell.strip())
    except AmountError as error:
        raise CellError(str(error)) from error


def day(cell: str) -> date | None:
    """Return a day, of a moment the one in UTC; None for an empty cell.

    :raises CellError: for any other form.
    """
    written = cell.strip()
    if not written:
        return None
    try:
        if _DAY.fullmatch(written):
            return date.fromisoformat(written)
        moment = datetime.fromisoformat(written if _DAY.match(written) else "")
    except ValueError as error:
        raise CellError(f"'{written[:40]}' is no day. Write it as 2026-11-04.") from error
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def needed_day(cell: str) -> date:
    """Return a day that must be there.

    :raises CellError: it is empty, or no day.
    """
    found = day(cell)
    if found is None:
        raise CellError("it is empty. Write a day as 2026-11-04.")
    return found


def period(cell: str) -> date:
    """Return the first day of a billing period, written as its month or as a day in it.

    :raises CellError: for any other form.
    """
    try:
        return parse_period(cell.strip())
    except PeriodError as error:
        try:
            found = day(cell)
        except CellError:
            found = None
        if found is None:
            raise CellError(str(error)) from error
        return found.replace(day=1)


def status(cell: str) -> Status:
    """Return whether an invoice is open, issued or voided.

    :raises CellError: for any other word.
    """
    found: Status | None = next((one for one in STATUSES if one == cell.strip().lower()), None)
    if found is None:
        raise CellError(f"'{cell.strip()[:40]}' is none of Open, Issued and Voided.")
    return found


def order_status(cell: str) -> OrderStatus:
    """Return whether a purchase order is open or closed; an empty cell is open.

    :raises CellError: for any word that is none of those of `ingestion.payables.order_facts`.
    """
    word = " ".join(cell.replace("_", " ").split()).lower()
    if word in CLOSED_WORDS:
        return "closed"
    if word and word not in OPEN_WORDS:
        raise CellError(f"'{cell.strip()[:40]}' is no status that is known. Write Open or Closed.")
    return "open"


def category(cell: str) -> str:
    """Return the kind of a charge.

    :raises CellError: FOCUS has no such ChargeCategory.
    """
    if cell.strip() not in CATEGORIES:
        raise CellError(f"'{cell.strip()[:40]}' is none of {', '.join(CATEGORIES)}.")
    return cell.strip()

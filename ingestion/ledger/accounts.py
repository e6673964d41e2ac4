"""Which accounts are meant: `6100-6199`, `62*`, `6300` or a name; and of which cost pool each is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

POOLS: Final = (
    "Internal Labor",
    "External Labor",
    "Facilities & Power",
    "Hardware",
    "Software",
    "Outside Services",
    "Telecom",
    "Other",
)
"""The cost pools of the TBM taxonomy (https://www.tbmcouncil.org)."""
OTHER: Final = "Other"
_SHORT: Final = {"labor": "Internal Labor", "facilities": "Facilities & Power", "power": "Facilities & Power"}
_BY_NAME: Final = {**_SHORT, **{pool.lower(): pool for pool in POOLS}}
_RANGE: Final = re.compile(r"(\d{1,18})\s*-\s*(\d{1,18})", re.ASCII)
_NUMBERED: Final = re.compile(r"(\d[\d.\-]*)(?:\s+[-:·–]?\s*|\s*[:·–]\s*)(\S.*)", re.ASCII | re.DOTALL)  # noqa: RUF001


@dataclass(frozen=True)
class Accounts:
    """Accounts from a number to another, all that begin alike, or the one of a name or number."""

    first: int = 0
    last: int = -1
    lead: str | None = None
    name: str = ""

    def __contains__(self, account: str) -> bool:
        if self.lead is not None:
            return plain_account(account).startswith(self.lead)
        if self.name:
            return plain_account(account) == self.name
        return account.isascii() and account.isdigit() and self.first <= int(account) <= self.last


def plain_account(text: str) -> str:
    """Return an account as it is compared: SAP writes the same one with and without zeros before it."""
    folded = " ".join(text.lower().split())
    return folded.lstrip("0") or "0" if folded.isdigit() else folded


def read_accounts(text: str) -> tuple[Accounts, ...]:
    """Return the accounts that a list names, parted by commas, semicolons or lines.

    :raises ValueError: a range ends before it begins.
    """
    return tuple(_accounts(part) for part in _parts(text, separators=r"[,;\n]"))


def read_account_map(text: str) -> tuple[tuple[Accounts, str], ...]:
    """Return accounts and their cost pools, in order: `6100-6199=Internal Labor`, parted by semicolons or lines.

    :raises ValueError: a part names no accounts, or a pool that is none.
    """
    found = []
    for part in _parts(text, separators=r"[;\n]"):
        accounts, equals, pool = (word.strip() for word in part.partition("="))
        if not equals or not accounts:
            raise ValueError(f"'{part}' names no accounts and cost pool. Write 6100-6199=Software.")
        if pool.lower() not in _BY_NAME:
            raise ValueError(f"'{pool}' is no cost pool. Known are {', '.join(POOLS)}.")
        found += [(one, _BY_NAME[pool.lower()]) for one in read_accounts(accounts)]
    return tuple(found)


def pool_of(account: str, account_map: Iterable[tuple[Accounts, str]]) -> str | None:
    """Return the cost pool of an account by the first entry that names it, None when none does."""
    return next((pool for accounts, pool in account_map if account in accounts), None)


def number_and_name(text: str) -> tuple[str, str]:
    """Return the parts of an account that is written with its name.

    >>> number_and_name("6100 Software"), number_and_name("6100 - Software:Licenses"), number_and_name("Software")
    (('6100', 'Software'), ('6100', 'Software:Licenses'), ('Software', 'Software'))
    """
    found = _NUMBERED.fullmatch(text)
    return (found[1].rstrip("-."), found[2]) if found else (text, text)


def _parts(text: str, *, separators: str) -> list[str]:
    return [part.strip() for part in re.split(separators, text) if part.strip()]


def _accounts(part: str) -> Accounts:
    if found := _RANGE.fullmatch(part):
        first, last = int(found[1]), int(found[2])
        if last < first:
            raise ValueError(f"{part} ends before it begins.")
        return Accounts(first=first, last=last)
    if part.endswith("*"):
        return Accounts(lead=plain_account(part[:-1]) if part != "*" else "")
    return Accounts(name=plain_account(part))

"""How many tokens the made-up company's teams use of AI models on each day, at list prices. Pure.

Prices are whole 10^-9 dollars a token, so that every amount is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from itfm.demo import usage
from itfm.demo.usage import THOUSAND, Month

NANO: Final = 10**9
NANO_DIGITS: Final = 9
SHARES: Final = {"input": 45, "cached": 10, "output": 45}
"""Percent of what a model costs, by kind of token."""


@dataclass(frozen=True)
class Model:
    """A model: its id and how invoices call it, with its prices by kind of token."""

    name: str
    label: str
    prices: Mapping[str, int]


@dataclass(frozen=True)
class Account:
    """A project or workspace: its id, the team it is called for, its model, and its budget in whole dollars a month."""

    number: str
    team: str
    model: Model
    budget: int


@dataclass(frozen=True)
class Used:
    """The tokens that an account used on a day, by kind."""

    day: date
    account: Account
    tokens: Mapping[str, int]

    def nano(self, kind: str) -> int:
        """Return what the tokens of a kind cost, in 10^-9 dollars."""
        return self.tokens[kind] * self.account.model.prices[kind]

    @property
    def requests(self) -> int:
        """Return in how many questions: about a thousand tokens of output each."""
        return max(1, self.tokens.get("output", 0) // THOUSAND)


def used(accounts: Sequence[Account], month: Month, random: np.random.Generator) -> Iterator[Used]:
    """Yield the use of each day and account."""
    noise = random.integers(820, 1_181, size=(month.days, len(accounts))).tolist()
    for day in range(month.days):
        on = month.first_day + timedelta(days=day)
        for account, factor in zip(accounts, noise[day], strict=True):
            aimed = usage.shrunk(account.budget * NANO, months=month.age) // 31
            aimed = aimed * usage.WEEKDAYS[on.weekday()] // THOUSAND * factor // THOUSAND
            tokens = {kind: aimed * SHARES[kind] // 100 // price for kind, price in account.model.prices.items()}
            yield Used(on, account, tokens)

"""Quantity times standard price; what it does not recover, or recovers too much, stays in the pool. Pure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import Field, model_validator

from allocation.engine import weighing
from allocation.engine.schema import Currency, Key, Model, Period, Quantity


class Price(Model):
    """A standard price of one unit, in one currency, for some billing periods; `valid_to` is inclusive."""

    currency: Currency
    price: Quantity
    valid_from: Period | None = None
    valid_to: Period | None = None

    @model_validator(mode="after")
    def _is_a_price(self) -> Price:
        if self.price < 0:
            raise ValueError("a price is zero or more")
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise ValueError("valid_from is after valid_to")
        return self

    def is_valid_in(self, period: str) -> bool:
        """Return whether the price is that of a billing period."""
        return (self.valid_from or period) <= period <= (self.valid_to or period)


class Params(weighing.Params):
    """The driver that is charged, and its price: listed by billing period, or from a driver for each currency.

    The price is exact in one cost column; the others are shared in the same proportion.
    """

    kind: Literal["rate_card"] = "rate_card"
    driver: Key
    prices: tuple[Price, ...] = ()
    price_drivers: dict[Currency, Key] = Field(default_factory=dict)
    cost: weighing.CostColumn = "effective_cost"

    @model_validator(mode="after")
    def _has_one_price_at_a_time(self) -> Params:
        if bool(self.prices) == bool(self.price_drivers):
            raise ValueError("name prices or price_drivers, and one of them only")
        for number, one in enumerate(self.prices):
            for other in self.prices[:number]:
                starts = max(one.valid_from or "", other.valid_from or "")
                ends = min(one.valid_to or "9999-99", other.valid_to or "9999-99")
                if one.currency == other.currency and starts <= ends:
                    raise ValueError(f"two prices in {one.currency} are valid in the same billing period")
        return self

    def driver_key(self) -> str:
        return self.driver

    def reads(self) -> tuple[weighing.Reads, ...]:
        prices = [
            weighing.Reads(f"price_drivers.{currency}", key, "price") for currency, key in self.price_drivers.items()
        ]
        return (*super().reads(), *prices)

    def pool_cost(self) -> weighing.CostColumn:
        return self.cost

    def can_be_partitioned(self) -> bool:
        return False

    def listed_price(self, currency: str, period: str) -> Decimal | None:
        """Return the listed price in a currency for a billing period."""
        return next((one.price for one in self.prices if one.currency == currency and one.is_valid_in(period)), None)


def weights(params: Params, ask: weighing.Ask) -> weighing.Weights:
    """Return what each receiver is charged, and what the charges leave of the pool."""
    if ask.has_negative_use:
        return ask.driver
    if not ask.driver:
        return {}
    charged = _by_driver(params, ask) if params.price_drivers else _by_list(params, ask)
    if isinstance(charged, weighing.Refused):
        return charged
    if ask.pool <= 0:
        return weighing.Refused("nothing_to_recover")
    total = sum(charged.values(), Fraction(0))
    return weighing.Weighed(charged, kept=Fraction(ask.pool) - total)


def _by_list(params: Params, ask: weighing.Ask) -> dict[str, Fraction] | weighing.Refused:
    price = params.listed_price(ask.currency, ask.period)
    if price is None:
        return weighing.Refused("missing_price", (f"{ask.currency} in {ask.period}",))
    return {receiver: Fraction(used) * Fraction(price) for receiver, used in ask.driver.items()}


def _by_driver(params: Params, ask: weighing.Ask) -> dict[str, Fraction] | weighing.Refused:
    """Charge each day's quantity at the price of that day."""
    key = params.price_drivers.get(ask.currency)
    if key is None:
        return weighing.Refused("missing_price", (ask.currency,))
    charged: dict[str, Fraction] = {}
    for day in ask.days:
        for receiver, used in (ask.streams[params.driver].on(day) or {}).items():
            if receiver not in ask.may_receive or not used:
                continue
            price = ask.streams[key].latest(receiver, day)
            if price is None:
                return weighing.Refused("missing_price", (_named(ask.currency, receiver, day),))
            if price < 0:
                return weighing.Refused("negative_weight", (receiver,))
            charged[receiver] = charged.get(receiver, Fraction(0)) + Fraction(used) * Fraction(price)
    return charged


def _named(currency: str, receiver: str, day: date) -> str:
    return f"{currency} for {receiver} on {day:%Y-%m-%d}"


KIND = weighing.MethodKind(
    label="At standard prices",
    params=Params,
    weights=weights,
    kept=("under_recovery", "over_recovery"),
)

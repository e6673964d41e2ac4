"""A fee for each receiver present, and the rest by a measured driver. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from pydantic import Field, field_validator

from allocation.engine import weighing
from allocation.engine.schema import Currency, Key, Quantity


class Params(weighing.Params):
    """The fee by currency, for one window, exact in one cost column; and the driver of the rest."""

    kind: Literal["tiered"] = "tiered"
    driver: Key
    fee: dict[Currency, Quantity] = Field(min_length=1)
    cost: weighing.CostColumn = "effective_cost"

    @field_validator("fee")
    @classmethod
    def _is_a_fee(cls, given: dict[str, Decimal]) -> dict[str, Decimal]:
        for currency, fee in given.items():
            if fee < 0:
                raise ValueError(f"the fee in {currency} is below zero")
        return given

    def driver_key(self) -> str:
        return self.driver

    def counts_presence(self) -> bool:
        return True

    def pool_cost(self) -> weighing.CostColumn:
        return self.cost


def weights(params: Params, ask: weighing.Ask) -> weighing.Weights:
    """Return what each receiver pays: the fee, and its share of what the fees leave.

    Present is who has cost outside of the pool, or a quantity. Fees that reach the pool share it evenly; a pool of
    zero or less is shared by the driver alone.
    """
    if ask.has_negative_use:
        return ask.driver
    if params.fee.get(ask.currency) is None:
        return weighing.Refused("missing_fee", (ask.currency,))
    if ask.pool <= 0:
        return weighing.Weighed(ask.driver, notes=("fee_not_charged",))
    payers = sorted({*ask.present, *(receiver for receiver, used in ask.driver.items() if used)})
    fee, pool = Fraction(params.fee[ask.currency]), Fraction(ask.pool)
    rest = pool - fee * len(payers)
    if rest <= 0:
        notes = ("fees_exceed_pool",) if rest < 0 else ()
        return weighing.Weighed(dict.fromkeys(payers, pool / len(payers)), notes=notes)
    used = {receiver: Fraction(quantity) for receiver, quantity in ask.driver.items()}
    total = sum(used.values())
    if not total:
        return {}
    return weighing.Weighed({one: fee + rest * used.get(one, 0) / total for one in payers})


KIND = weighing.MethodKind(label="A fee each, the rest by driver", params=Params, weights=weights)

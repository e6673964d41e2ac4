"""A hundred thousand allocations by random rules: what is shared is what was there, and what the oracle shares."""

import random
from decimal import Decimal

import pytest

from itfm.core import money
from tests.allocation.engine.bills import day
from tests.allocation.engine.test_properties import METHODS, check

RUNS, ALLOCATIONS = 50, 100_000
SHARES = [{"a": "60", "b": "40"}, {"a": "33.3", "c": "66.7"}, {"hq": "20", "a": "80"}, {"ops": "30", "c": "70"}]
FEES = [{"USD": "0.5", "EUR": "7"}, {"USD": "1000", "EUR": "0"}]
PRICES = [{"USD": "2.5", "EUR": "0.000000000000000001"}, {"USD": "0.07"}]


def amount(drawn):
    """Return an amount of any size a bill has: credits, nothing, crumbs, and 18 decimals."""
    return drawn.choice([
        Decimal(drawn.randint(-(10**7), 10**8)).scaleb(-2),
        money.decimal_of(drawn.randint(-(10**15), 10**24)),
        Decimal(0), Decimal("1E-18"), Decimal("-1E-12"), Decimal("100.00"),
    ])  # fmt: skip


def charges(drawn):
    pools = [
        (day(on), f"account {account}", service, currency, "Usage", team, amounts(drawn))
        for on in range(1, 22)
        for account in range(13)
        for service in ("S3", None)
        for currency in ("USD", "EUR")
        for team in ("ops", "hq")
    ]
    others = [
        (day(drawn.randint(1, 21)), "own", drawn.choice(["S3", None]), drawn.choice(["USD", "EUR"]),
         drawn.choice(["Usage", "Tax"]), drawn.choice("abc"), amounts(drawn))
        for _ in range(30)
    ]  # fmt: skip
    return pools + others


def amounts(drawn):
    return (amount(drawn),) * 4 if drawn.random() < 0.7 else tuple(amount(drawn) for _ in range(4))


def quantity(drawn):
    return drawn.choice([Decimal(0), Decimal("1E-18"), Decimal("12.5"), Decimal(drawn.randint(0, 10**9)).scaleb(-3)])


def splits(drawn, *, is_reciprocal):
    methods = [one for one in METHODS if one not in {"tiered", "rate_card"}] if is_reciprocal else METHODS
    return [
        {
            "stage": 1 if is_reciprocal else stage,
            "pool": pool,
            "method": drawn.choice(methods),
            "window": drawn.choice(["day", "billing_period", "trailing"]),
            "shares": drawn.choice(SHARES),
            "cost": drawn.randint(0, 3),
            "partitioned": not is_reciprocal and drawn.random() < 0.3,
            "fallback": drawn.choice(["hold", "even", "fixed", *methods]),
            "missing": drawn.choice(["zero", "carry_forward", "interpolate"]),
            "fees": drawn.choice(FEES),
            "prices": drawn.choice(PRICES),
        }
        for stage, pool in ((1, "ops"), (2, "hq"))
    ]


def drivers(drawn):
    def rows(values, count):
        return [(day(drawn.randint(1, 21)), drawn.choice(values), quantity(drawn)) for _ in range(count)]

    return {"d": rows(["a", "b", "c", "hq", "ops"], 40), "size": rows(["x", "y"], 20)}


@pytest.mark.slow
def test_a_hundred_thousand_allocations_differ_from_what_was_there_by_nothing():
    drawn, count = random.Random(17), 0
    run = 0
    while count < ALLOCATIONS:
        is_reciprocal = run % 4 == 3
        found = check(
            charges(drawn), splits(drawn, is_reciprocal=is_reciprocal), drivers(drawn),
            reciprocal=(1,) if is_reciprocal else (),
        )  # fmt: skip
        count += found.origins
        run += 1
        assert run < 4 * RUNS, f"{count} allocations in {run} runs"
    assert count >= ALLOCATIONS

"""Random bills, splits and drivers: the engine against the oracle, to the last of 18 decimals."""

import tempfile
from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from allocation.engine import relations, rules, run, shares
from allocation.engine.backends.duckdb import DuckDB
from allocation.engine.drivers import DriverValue
from allocation.engine.inputs import RunInputs
from allocation.engine.proof import Measurement
from allocation.engine.weighing import COSTS
from itfm.core import money
from tests.allocation.engine import oracle
from tests.allocation.engine.bills import OCTOBER, by_value, charge, day, ledger, table, write_revision

TEAMS = ["a", "b", "c", "ops", "hq"]
AMOUNTS = st.one_of(
    st.integers(-(10**22), 10**22).map(money.decimal_of),
    st.integers(-(10**6), 10**6).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.integers(10**34, 10**36).map(money.decimal_of),
    st.sampled_from([Decimal(0), Decimal("1E-18"), Decimal("-1E-12"), Decimal("100.00")]),
)
QUANTITIES = st.one_of(
    st.sampled_from([Decimal(0), Decimal(1), Decimal(-1), Decimal("1E-18"), Decimal("12.5")]),
    st.integers(0, 10**9).map(lambda n: Decimal(n).scaleb(-3)),
    st.integers(10**17, 10**18).map(Decimal),
)
CHARGES = st.lists(
    st.tuples(
        st.integers(1, 4).map(day),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["S3", None]),
        st.sampled_from(["USD", "USD", "EUR"]),
        st.sampled_from(["Usage", "Usage", "Tax"]),
        st.sampled_from([*TEAMS, None]),
        st.one_of(AMOUNTS.map(lambda one: (one,) * 4), st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)),
    ),
    min_size=1,
    max_size=12,
)
METHODS = ["even", "fixed", "proportional", "metric", "capacity", "tiered", "rate_card"]
WITHOUT_PARTITIONS = {"fixed", "capacity", "rate_card"}
FIXED = st.sampled_from([{"a": "60", "b": "40"}, {"a": "33.3", "c": "66.7"}, {"ops": "100"}])
SPLITS = st.lists(
    st.fixed_dictionaries(
        {
            "stage": st.integers(1, 2),
            "pool": st.sampled_from(["ops", "hq"]),
            "method": st.sampled_from(METHODS),
            "window": st.sampled_from(["day", "billing_period", "trailing"]),
            "shares": FIXED,
            "cost": st.sampled_from([0, 1, 1, 2, 3]),
            "partitioned": st.booleans(),
            "fallback": st.sampled_from(["hold", "hold", *METHODS]),
            "missing": st.sampled_from(["zero", "zero", "carry_forward", "interpolate", "hold"]),
            "fees": st.sampled_from([{"USD": "0.5", "EUR": "7"}, {"USD": "1000"}, {"USD": "0", "EUR": "0.3"}]),
            "prices": st.sampled_from([{"USD": "2.5"}, {"USD": "0.000001", "EUR": "3"}, {"USD": "0", "EUR": "1E-18"}]),
        }
    ),
    min_size=1,
    max_size=3,
)
DAYS = st.one_of(st.integers(1, 4).map(day), st.sampled_from([date(2026, 9, 28), date(2026, 7, 1), day(9)]))
DRIVERS = st.fixed_dictionaries(
    {
        "d": st.lists(st.tuples(DAYS, st.sampled_from([*TEAMS, "unknown"]), QUANTITIES), max_size=8),
        "size": st.lists(st.tuples(DAYS, st.sampled_from(["x", "y"]), QUANTITIES), max_size=4),
    }
)
MODEST = st.one_of(
    st.integers(-(10**6), 10**6).map(lambda cents: Decimal(cents).scaleb(-2)),
    st.integers(-(10**22), 10**22).map(money.decimal_of),
    st.sampled_from([Decimal(0), Decimal("1E-18"), Decimal("-1E-12"), Decimal("100.00")]),
)
FEW_CHARGES = st.lists(
    st.tuples(
        st.integers(1, 2).map(day),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["S3", None]),
        st.sampled_from(["USD", "USD", "EUR"]),
        st.sampled_from(["Usage", "Tax"]),
        st.sampled_from([*TEAMS, None]),
        st.one_of(MODEST.map(lambda one: (one,) * 4), st.tuples(MODEST, MODEST, MODEST, MODEST)),
    ),
    min_size=1,
    max_size=10,
)
SERVICES = st.lists(
    st.fixed_dictionaries(
        {
            "stage": st.sampled_from([1, 1, 1, 2]),
            "pool": st.sampled_from(["ops", "hq", "a", "b"]),
            "method": st.sampled_from(["even", "fixed", "fixed", "proportional", "metric", "capacity"]),
            "window": st.sampled_from(["day", "billing_period", "trailing"]),
            "shares": st.sampled_from([
                {"ops": "20", "hq": "30", "c": "50"}, {"hq": "100"}, {"ops": "100"}, {"a": "99", "b": "1"},
                {"b": "33.3", "a": "66.7"}, {"ops": "7.7", "hq": "46.15", "b": "46.15"},
            ]),
            "cost": st.sampled_from([0, 1, 1, 2, 3]),
            "partitioned": st.just(False),
            "fallback": st.sampled_from(["hold", "even", "fixed", "metric"]),
            "missing": st.sampled_from(["zero", "carry_forward", "hold"]),
            "fees": st.just({}),
            "prices": st.just({}),
        }
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def parameters(kind, split):
    """Return what a method of this kind is told."""
    told = {
        "metric": {"driver": "d"},
        "fixed": {"shares": split["shares"]},
        "proportional": {"cost": COSTS[split["cost"]]},
        "capacity": {"driver": "d", "capacity": "size"},
        "tiered": {"driver": "d", "fee": split.get("fees"), "cost": COSTS[split["cost"]]},
        "rate_card": {
            "driver": "d", "cost": COSTS[split["cost"]],
            "prices": [{"currency": one, "price": price} for one, price in split.get("prices", {}).items()],
        },
    }  # fmt: skip
    return told.get(kind, {})


def rule_set(splits, reciprocal=()):
    """Return the drawn splits as a rule set over one dimension; some stages may be reciprocal."""
    return rules.from_document({
        "version": "1",
        "dimensions": [{"key": "team", "name": "T", "rules": [{"when": {"tag": "team", "exists": True}, "value": {"tag": "team"}}]}],
        "stages": [{"number": stage, "reciprocal": True} for stage in reciprocal],
        "splits": [
            {
                "key": split["key"], "name": "S", "stage": split["stage"], "receivers": {"dimension": "team"},
                "pool": {"dimension": "team", "equals": split["pool"]},
                "method": {"kind": split["method"], **parameters(split["method"], split)},
                "window": {"kind": split["window"], **({"days": 3} if split["window"] == "trailing" else {})},
                "missing": split.get("missing", "zero"),
                "partition_by": ["service_name"] if split["partitioned"] else [],
                "fallback": {"kind": split["fallback"], **parameters(split["fallback"], split)},
            }
            for split in splits
        ],
        "drivers": [{"key": key, "name": "D", "dimension": "team", "unit": "u"} for key in ("d", "size")],
    })  # fmt: skip


def bill(charges):
    """Return drawn charges as daily rows."""
    return [
        charge("0", on=on, currency=currency, tags={"team": team} if team else {}, sub_account_id=account,
               service_name=service, charge_category=category, costs=costs)
        for on, account, service, currency, category, team, costs in charges
    ]  # fmt: skip


def found(folder):
    """Return the ledger as the oracle writes it."""
    segments = {row["segment_id"]: row["dimension_values"] for row in table(folder, "segments")}
    sums = defaultdict(lambda: (Fraction(0),) * 4)
    for row in ledger(folder):
        values = segments[row["segment_id"]]
        team = None if values == "{}" else values.removeprefix('{"team":"').removesuffix('"}')
        place = (
            row["charge_date"],
            row["sub_account_id"],
            row["service_name"],
            row["billing_currency"],
            row["charge_category"],
        )
        before = sums[(*place, team, row["origin"])]
        sums[(*place, team, row["origin"])] = tuple(a + Fraction(row[c]) for a, c in zip(before, COSTS, strict=True))
    return without_zeros(sums)


def without_zeros(sums):
    return {place: costs for place, costs in sums.items() if any(costs)}


def in_order(splits):
    """Return drawn splits with keys, and partitioned only where both their methods can be."""
    return [
        {
            **split,
            "key": f"s{number}",
            "partitioned": split["partitioned"]
            and split["method"] not in WITHOUT_PARTITIONS
            and split["fallback"] not in WITHOUT_PARTITIONS - {"fixed"},
        }
        for number, split in enumerate(splits)
    ]


def driver_values(drivers):
    """Return drawn rows by driver as the engine takes them."""
    return {
        key: tuple(DriverValue(date=on, value=team, quantity=quantity) for on, team, quantity in rows)
        for key, rows in drivers.items()
    }


class Checked(NamedTuple):
    """What a run measured, and how many pool cells it shared."""

    measured: Measurement
    origins: int


def check(charges, splits, drivers, *, threads=2, reciprocal=()):
    splits = in_order(splits)
    values = driver_values(drivers)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        revision = write_revision(folder, bill(charges))
        inputs = RunInputs(revisions=(revision,), rule_set=rule_set(splits, reciprocal), period=OCTOBER, drivers=values)
        result = run.allocate(inputs, output=folder / "run", backend=DuckDB(threads=threads))
        assert result.proof.holds, result.proof.problems
        assert found(folder / "run") == without_zeros(oracle.allocate(charges, splits, drivers, reciprocal=reciprocal))
        return Checked(
            result.proof.measured, sum(row["entry"] == relations.OUT for row in table(folder / "run", "ledger"))
        )


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(CHARGES, SPLITS, DRIVERS)
def test_the_ledger_is_what_the_oracle_works_out(charges, splits, drivers):
    check(charges, splits, drivers)


DAY = date(2026, 10, 1)
SERVED = {"window": "day", "partitioned": False, "missing": "zero", "cost": 0, "prices": {}, "fees": {}}
NOBODY_SERVED = (
    [(DAY, "y", None, "USD", "Tax", "b", (Decimal(100),) * 4)],
    [
        {**SERVED, "pool": "b", "stage": 1, "method": "fixed", "shares": {"a": "99", "b": "1"}, "fallback": "fixed"},
        {**SERVED, "pool": "hq", "stage": 1, "method": "even", "shares": {"hq": "100"}, "fallback": "even"},
        {**SERVED, "pool": "b", "stage": 2, "method": "even", "shares": {"ops": "100"}, "fallback": "even"},
    ],
    {"size": [], "d": []},
)
"""A pool that has no cost and is given none does not share in what the next stage divides evenly."""
NOTHING_HANDED_ON = (
    [(DAY, "y", None, "USD", "Tax", "ops", (Decimal(100),) * 4)],
    [
        {**SERVED, "pool": "ops", "stage": 1, "method": "capacity", "shares": {"hq": "100"}, "fallback": "fixed"},
        {**SERVED, "pool": "hq", "stage": 1, "method": "fixed", "shares": {"a": "99", "b": "1"}, "fallback": "fixed"},
        {**SERVED, "pool": "ops", "stage": 2, "method": "even", "shares": {"hq": "50", "b": "50"}, "fallback": "fixed"},
    ],
    {"size": [], "d": []},
)
"""Nor does a pool that another might have served, and did not."""
ROUNDED_ON_THE_WAY = (
    [(DAY, "y", None, "EUR", "Usage", "b", (Decimal("-4018.52"),) * 4)],
    [
        {
            **SERVED,
            "pool": "b",
            "stage": 1,
            "method": "fixed",
            "shares": {"a": "66.7", "b": "33.3"},
            "fallback": "fixed",
        },
        {**SERVED, "pool": "a", "stage": 1, "method": "fixed", "shares": {"b": "100"}, "fallback": "fixed"},
    ],
    {"size": [], "d": []},
)
"""A pool without cost of its own hands on what rounding left it, towards one that serves somebody outside."""


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@example(*NOBODY_SERVED)
@example(*NOTHING_HANDED_ON)
@example(*ROUNDED_ON_THE_WAY)
@given(FEW_CHARGES, SERVICES, DRIVERS)
def test_pools_that_serve_each_other_give_what_the_oracle_works_out(charges, splits, drivers):
    check(charges, splits, drivers, reciprocal=(1,))


@pytest.mark.slow
@settings(
    max_examples=300,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(FEW_CHARGES, SERVICES, DRIVERS)
def test_pools_that_serve_each_other_give_what_the_oracle_works_out_at_length(charges, splits, drivers):
    check(charges, splits, drivers, reciprocal=(1,))


@pytest.mark.slow
@settings(
    max_examples=600,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(CHARGES, SPLITS, DRIVERS)
def test_the_ledger_is_what_the_oracle_works_out_at_length(charges, splits, drivers):
    check(charges, splits, drivers)


@settings(
    max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(st.one_of(st.tuples(CHARGES, SPLITS, st.just(())), st.tuples(FEW_CHARGES, SERVICES, st.just((1,)))), DRIVERS,
       st.randoms())  # fmt: skip
def test_neither_the_order_of_rows_nor_the_threads_change_a_byte(drawn, drivers, random):
    charges, splits, reciprocal = drawn
    shuffled = random.sample(charges, len(charges))
    mixed = {key: random.sample(rows, len(rows)) for key, rows in drivers.items()}

    one = check(charges, splits, drivers, threads=1, reciprocal=reciprocal)
    two = check(shuffled, splits, mixed, threads=2, reciprocal=reciprocal)
    four = check(charges, splits, mixed, threads=4, reciprocal=reciprocal)

    assert one.measured.files == two.measured.files == four.measured.files
    assert one.measured.steps == two.measured.steps == four.measured.steps


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(-(10**37), 10**37).map(money.decimal_of), min_size=1, max_size=6),
       st.lists(st.integers(1, 10**27), min_size=2, max_size=6))  # fmt: skip
def test_long_division_agrees_with_the_exact_share_at_every_size(tmp_path, amounts, weights):
    charges = [charge(a, on=on, tags={"team": "ops"}) for on, a in enumerate(amounts, start=1)]
    drivers = tuple(
        DriverValue(date=OCTOBER, value=f"t{n}", quantity=money.decimal_of(weight)) for n, weight in enumerate(weights)
    )
    document = rules.to_document(rule_set([
        {"key": "s", "stage": 1, "pool": "ops", "method": "metric", "window": "billing_period", "shares": {},
         "partitioned": False, "fallback": "hold", "cost": 1}
    ]))  # fmt: skip
    document["splits"][0]["receivers"]["one_of"] = [driver.value for driver in drivers]
    inputs = RunInputs(
        revisions=(write_revision(tmp_path / "bill", charges),),
        rule_set=rules.from_document({**document, "version": "1"}),
        period=OCTOBER,
        drivers={"d": drivers},
    )

    result = run.allocate(inputs, output=tmp_path / "run")

    for on, one in enumerate(amounts, start=1):
        expected = money.split(one, {driver.value: driver.quantity for driver in drivers})
        shared = by_value(result, charge_date=date(2026, 10, on), origin="s")
        shared.pop("ops", None)
        assert shared == {team: part for team, part in expected.items() if part}


@pytest.mark.parametrize(
    ("quanta", "total", "limbs"),
    [(10**15 - 1, 40, 1), (10**15 - 1, 10**18, 1), (10**15 - 1, 10**26, 2), (10**32 - 1, 5 * 10**28, 4), (0, 1, 1)],
)
def test_division_takes_the_fewest_limbs_that_stay_below_128_bits(quanta, total, limbs):
    division = shares.division(largest_quanta=quanta, largest_total=total, receivers=9)

    assert division.limbs == limbs
    assert 10 ** (division.limbs * division.digits) > quanta
    assert 2 * total * 10**division.digits < 2**127


@pytest.mark.parametrize(
    ("total", "receivers", "bits"),
    [
        (9 * 10**8, 10**4, 64), (10**9, 9, 128), (10**28 - 1, 9, 128), (10**28, 9, 0), (9, 10**4 + 1, 0),
    ],
)  # fmt: skip
def test_a_remainder_and_a_position_are_ranked_as_the_shortest_number_that_holds_both(total, receivers, bits):
    division = shares.division(largest_quanta=10**15, largest_total=total, receivers=receivers)

    assert division.rank_bits == bits
    largest = total * money.UNITS_PER_QUANTUM * shares.MAX_POSITIONS
    assert not bits or largest < min(2 ** (bits - 1), 10**38)


def test_weights_beyond_the_engine_are_not_divided():
    with pytest.raises(ValueError, match="too long"):
        shares.division(largest_quanta=1, largest_total=shares.MAX_TOTAL_WEIGHT + 1, receivers=9)


def test_a_statement_is_built_once():
    assert relations.pool((1,)) is relations.pool((1,))

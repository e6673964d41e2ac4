"""Capacity, fees and rate cards over bills worked out by hand."""

from decimal import Decimal

import pytest

from allocation.engine import drivers, rules
from tests.allocation.engine.bills import allocate, by_value, charge, day, ledger

DIMENSION = {
    "key": "team",
    "name": "Team",
    "rules": [{"when": {"tag": "team", "exists": True}, "value": {"tag": "team"}}],
}


def team(name, cost, **more):
    return charge(cost, tags={"team": name}, sub_account_id=f"acc-{name}", **more)


def rule_set(method, *, streams=("gb",), **more):
    split = {
        "key": "shared",
        "name": "S",
        "stage": 1,
        "pool": {"dimension": "team", "equals": "Shared"},
        "receivers": {"dimension": "team"},
        "method": method,
        **more,
    }
    return rules.from_document({
        "version": "1",
        "dimensions": [DIMENSION],
        "splits": [split],
        "drivers": [{"key": key, "name": key, "dimension": "team", "unit": "GB"} for key in streams],
    })  # fmt: skip


def stream(**values):
    """Return quantities on the first of October by value."""
    return measured(*(f"2026-10-01,{value},{quantity}" for value, quantity in values.items()))


def measured(*rows):
    return drivers.read_csv("date,value,quantity\n" + "\n".join(rows))


def entries(result, entry):
    return [
        (row["effective_cost"], row["driver_quantity"], row["driver_total"])
        for row in ledger(result.folder)
        if row["entry"] == entry
    ]


def held(result):
    return [(one.reason, one.billing_currency, one.costs["effective_cost"]) for one in result.proof.held]


def codes(result):
    return [one.code for one in result.proof.findings]


CAPACITY = {"kind": "capacity", "driver": "gb", "capacity": "size"}
RATE_CARD = {"kind": "rate_card", "driver": "gb", "prices": [{"currency": "USD", "price": "2.5"}]}
TIERED = {"kind": "tiered", "driver": "gb", "fee": {"USD": "10"}}


def test_unused_capacity_stays_with_the_owner_of_the_pool(tmp_path):
    given = {"gb": stream(a=30, b=20), "size": stream(cluster=80)}

    _, result = allocate(
        tmp_path, rule_set(CAPACITY, streams=("gb", "size")), [team("Shared", "160"), team("a", "1")],
        drivers=given,
    )  # fmt: skip

    # b has a quantity but no cost: with no receivers listed, only values that occur may receive.
    assert by_value(result) == {"Shared": Decimal(100), "a": Decimal(61)}
    assert codes(result) == ["unmatched_driver_values", "unused_capacity"]


def test_capacity_shows_what_was_used_of_it_and_what_was_not(tmp_path):
    given = {"gb": stream(a=30, b=20), "size": stream(cluster=80)}

    _, result = allocate(
        tmp_path, rule_set(CAPACITY, streams=("gb", "size")),
        [team("Shared", "160"), team("a", "1"), team("b", "1")], drivers=given,
    )  # fmt: skip

    assert by_value(result) == {"Shared": Decimal(60), "a": Decimal(61), "b": Decimal(41)}
    assert entries(result, "in") == [(60, 30, 80), (40, 20, 80)]
    assert entries(result, "kept") == [(60, 30, 80)]
    assert held(result) == [("unused_capacity", "USD", 60)]
    assert result.proof.holds


def test_a_capacity_that_nobody_uses_stays_whole(tmp_path):
    given = {"gb": stream(a=0), "size": stream(cluster=80)}

    _, result = allocate(
        tmp_path, rule_set(CAPACITY, streams=("gb", "size")), [team("Shared", "160"), team("a", "1")], drivers=given
    )

    assert by_value(result) == {"Shared": Decimal(160), "a": Decimal(1)}
    assert held(result) == [("unused_capacity", "USD", 160)]


def test_use_above_the_capacity_is_shared_by_use_alone_and_said(tmp_path):
    given = {"gb": stream(a=90, b=30), "size": stream(cluster=80)}

    _, result = allocate(
        tmp_path, rule_set(CAPACITY, streams=("gb", "size")),
        [team("Shared", "160"), team("a", "1"), team("b", "1")], drivers=given,
    )  # fmt: skip

    assert by_value(result) == {"a": Decimal(121), "b": Decimal(41)}
    assert codes(result) == ["over_capacity"]
    assert held(result) == []


def test_the_capacity_can_be_that_of_one_value_of_its_driver(tmp_path):
    given = {"gb": stream(a=30), "size": stream(blue=60, green=1000)}

    _, result = allocate(
        tmp_path, rule_set({**CAPACITY, "capacity_value": "blue"}, streams=("gb", "size")),
        [team("Shared", "160"), team("a", "0")], drivers=given,
    )  # fmt: skip

    assert by_value(result) == {"Shared": Decimal(80), "a": Decimal(80)}


@pytest.mark.parametrize("given", [{"gb": stream(a=30)}, {"size": stream(cluster=80)}])
def test_a_use_or_a_capacity_that_nobody_measured_takes_the_fallback(tmp_path, given):
    rule = rule_set(CAPACITY, streams=("gb", "size"), fallback={"kind": "even"})

    _, result = allocate(tmp_path, rule, [team("Shared", "160"), team("a", "1")], drivers=given)

    assert by_value(result) == {"a": Decimal(161)}


def test_a_fee_each_and_the_rest_by_driver(tmp_path):
    charges = [team("Shared", "60"), team("Shared", "40", on=2), *(team(name, "1") for name in "abc")]

    _, result = allocate(tmp_path, rule_set(TIERED), charges, drivers={"gb": stream(a=3, b=1)})

    # Three fees of 10 leave 70: 52.5 and 17.5. So a pays 62.5, b 27.5 and c 10 of the 100.
    assert by_value(result, origin="shared") == {
        "Shared": Decimal(-100), "a": Decimal("62.5"), "b": Decimal("27.5"), "c": Decimal(10),
    }  # fmt: skip
    assert by_value(result, origin="shared", charge_date=day(2))["a"] == Decimal(25)
    assert entries(result, "in")[0] == (Decimal("37.5"), Decimal("62.5"), Decimal(100))
    assert codes(result) == []


def test_a_fee_is_exact_in_its_cost_column_and_in_proportion_in_the_others(tmp_path):
    charges = [team("Shared", "0", costs=["200", "100", "100", "100"]), team("a", "1"), team("b", "1")]

    _, result = allocate(tmp_path, rule_set(TIERED), charges, drivers={"gb": stream(a=1)})

    assert by_value(result, origin="shared")["b"] == Decimal(10)
    assert by_value(result, origin="shared", cost="billed_cost")["b"] == Decimal(20)


def test_fees_beyond_the_pool_share_it_evenly_and_are_said(tmp_path):
    charges = [team("Shared", "12"), team("a", "1"), team("b", "1")]

    _, result = allocate(tmp_path, rule_set(TIERED), charges, drivers={"gb": stream(a=3)})

    assert by_value(result) == {"a": Decimal(7), "b": Decimal(7)}
    assert codes(result) == ["fees_exceed_pool"]


def test_a_credit_bears_no_fee_and_is_shared_by_the_driver(tmp_path):
    charges = [team("Shared", "-100"), team("a", "1"), team("b", "1")]

    _, result = allocate(tmp_path, rule_set(TIERED), charges, drivers={"gb": stream(a=3, b=1)})

    assert by_value(result) == {"a": Decimal(-74), "b": Decimal(-24)}
    assert codes(result) == ["fee_not_charged"]


def test_a_fee_that_is_missing_in_a_currency_is_named_and_only_that_currency_is_held(tmp_path):
    charges = [team("Shared", "100"), team("Shared", "50", currency="EUR"), team("a", "1")]

    _, result = allocate(tmp_path, rule_set(TIERED), charges, drivers={"gb": stream(a=3)})

    assert by_value(result) == {"Shared": Decimal(50), "a": Decimal(101)}
    assert [(one.code, one.values) for one in result.proof.findings] == [("missing_fee", ("EUR",))]


def test_standard_prices_leave_what_they_do_not_recover_in_the_pool(tmp_path):
    charges = [team("Shared", "60"), team("Shared", "40", on=2), team("a", "1"), team("b", "1")]

    _, result = allocate(tmp_path, rule_set(RATE_CARD), charges, drivers={"gb": stream(a=20, b=12)})

    # 20 x 2.50 = 50 and 12 x 2.50 = 30 of 100; 60 % of it on the first day.
    assert by_value(result) == {"Shared": Decimal(20), "a": Decimal(51), "b": Decimal(31)}
    assert by_value(result, charge_date=day(1), origin="shared")["a"] == Decimal(30)
    assert entries(result, "kept") == [(12, 20, 100), (8, 20, 100)]
    assert held(result) == [("under_recovery", "USD", 20)]
    assert codes(result) == ["under_recovery"]
    assert result.proof.holds


def test_standard_prices_can_recover_more_than_the_pool(tmp_path):
    charges = [team("Shared", "60"), team("Shared", "40", on=2), team("a", "1"), team("b", "1")]

    _, result = allocate(tmp_path, rule_set(RATE_CARD), charges, drivers={"gb": stream(a=80, b=28)})

    assert by_value(result) == {"Shared": Decimal(-170), "a": Decimal(201), "b": Decimal(71)}
    assert entries(result, "in") == [(120, 200, 100), (42, 70, 100), (80, 200, 100), (28, 70, 100)]
    assert entries(result, "out") == [(-60, None, None), (-40, None, None)]
    assert entries(result, "kept") == [(-102, -170, 100), (-68, -170, 100)]
    assert held(result) == [("over_recovery", "USD", -170)]
    assert result.proof.holds


def test_prices_that_recover_the_pool_exactly_leave_nothing(tmp_path):
    _, result = allocate(
        tmp_path, rule_set(RATE_CARD), [team("Shared", "100"), team("a", "1")], drivers={"gb": stream(a=40)}
    )

    assert by_value(result) == {"a": Decimal(101)}
    assert (held(result), codes(result)) == ([], [])


def test_a_price_counts_in_its_billing_periods(tmp_path):
    prices = [
        {"currency": "USD", "price": "9", "valid_to": "2026-09"},
        {"currency": "USD", "price": "1", "valid_from": "2026-10", "valid_to": "2026-10"},
    ]

    _, result = allocate(
        tmp_path, rule_set({**RATE_CARD, "prices": prices}), [team("Shared", "100"), team("a", "1")],
        drivers={"gb": stream(a=40)},
    )  # fmt: skip

    assert by_value(result) == {"Shared": Decimal(60), "a": Decimal(41)}


def test_a_missing_price_is_named_with_currency_and_period_and_holds_that_currency(tmp_path):
    charges = [team("Shared", "100"), team("Shared", "50", currency="EUR"), team("a", "1")]

    _, result = allocate(tmp_path, rule_set(RATE_CARD), charges, drivers={"gb": stream(a=40)})

    assert by_value(result, billing_currency="EUR") == {"Shared": Decimal(50)}
    (finding,) = result.proof.findings
    assert (finding.code, finding.values) == ("missing_price", ("EUR in 2026-10",))
    assert held(result) == [("missing_price", "EUR", 50)]


def test_prices_from_a_driver_hold_until_the_next_and_are_each_receivers_own(tmp_path):
    method = {"kind": "rate_card", "driver": "gb", "price_drivers": {"USD": "price"}}
    used = measured("2026-10-01,a,10", "2026-10-05,a,10", "2026-10-05,b,4")
    prices = measured("2026-08-15,a,1", "2026-10-04,a,2", "2026-10-05,b,5")

    _, result = allocate(
        tmp_path, rule_set(method, streams=("gb", "price")),
        [team("Shared", "100"), team("a", "1"), team("b", "1")], drivers={"gb": used, "price": prices},
    )  # fmt: skip

    # a: 10 x 1 + 10 x 2 = 30, b: 4 x 5 = 20.
    assert by_value(result) == {"Shared": Decimal(50), "a": Decimal(31), "b": Decimal(21)}


def test_a_receiver_without_a_price_is_named(tmp_path):
    method = {"kind": "rate_card", "driver": "gb", "price_drivers": {"USD": "price"}}

    _, result = allocate(
        tmp_path, rule_set(method, streams=("gb", "price")), [team("Shared", "100"), team("a", "1"), team("b", "1")],
        drivers={"gb": stream(a=1, b=1), "price": stream(a=3)},
    )  # fmt: skip

    assert [(one.code, one.values) for one in result.proof.findings] == [
        ("missing_price", ("USD for b on 2026-10-01",))
    ]
    assert by_value(result) == {"Shared": Decimal(100), "a": Decimal(1), "b": Decimal(1)}


def test_no_price_is_charged_against_a_pool_that_is_a_credit(tmp_path):
    _, result = allocate(
        tmp_path, rule_set(RATE_CARD), [team("Shared", "-100"), team("a", "1")], drivers={"gb": stream(a=40)}
    )

    assert held(result) == [("nothing_to_recover", "USD", -100)]


@pytest.mark.parametrize("method", [CAPACITY, TIERED, RATE_CARD])
def test_a_negative_quantity_stops_the_split(tmp_path, method):
    given = {"gb": stream(a=3, b=-1), "size": stream(cluster=80)}

    _, result = allocate(
        tmp_path, rule_set(method, streams=("gb", "size")),
        [team("Shared", "100"), team("a", "1"), team("b", "1")], drivers=given,
    )  # fmt: skip

    assert by_value(result) == {"Shared": Decimal(100), "a": Decimal(1), "b": Decimal(1)}
    assert [(one.code, one.values) for one in result.proof.findings] == [("negative_weight", ("b",))]


def test_prices_too_long_for_the_engine_are_charged_just_as_exactly(tmp_path):
    prices = [{"currency": "USD", "price": "1000000000000000.000000000000000001"}]

    _, result = allocate(
        tmp_path, rule_set({**RATE_CARD, "prices": prices}),
        [team("Shared", "100.000000000000000001"), team("a", "1")],
        drivers={"gb": stream(a="0.000000000000000003")},
    )  # fmt: skip

    # 0.003 and 3 x 10^-36, of which nothing is left below the quantum: the unit of the pool goes to the first.
    assert by_value(result, origin="shared")["a"] in {Decimal("0.003"), Decimal("0.003000000000000001")}
    assert result.proof.holds


@pytest.mark.parametrize(
    ("fallback", "expected"),
    [
        ({"kind": "proportional", "cost": "list_cost"}, {"a": Decimal(26), "b": Decimal(78)}),
        ({"kind": "metric", "driver": "seats"}, {"a": Decimal(51), "b": Decimal(53)}),
        ({**TIERED, "driver": "seats"}, {"a": Decimal(51), "b": Decimal(53)}),
        ({**RATE_CARD, "driver": "seats"}, {"Shared": Decimal(95), "a": Decimal("3.5"), "b": Decimal("5.5")}),
    ],
)
def test_a_split_can_fall_back_on_any_method(tmp_path, fallback, expected):
    rule = rule_set({"kind": "proportional", "cost": "billed_cost"}, streams=("gb", "seats"), fallback=fallback)
    charges = [team("Shared", "100"), team("a", "0", costs=["0", "1", "1", "1"])]
    charges += [team("b", "0", costs=["0", "3", "3", "3"])]

    _, result = allocate(tmp_path, rule, charges, drivers={"seats": stream(a=1, b=1)})

    assert by_value(result) == expected
    assert codes(result)[-1] == "fallback_used" or "fallback_used" in codes(result)

"""Stages whose pools serve each other, over bills worked out by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest

from allocation.engine import rules
from allocation.engine.reciprocal import Node, chains, solved
from tests.allocation.engine.bills import allocate, by_value, ledger
from tests.allocation.engine.test_methods import DIMENSION, codes, held, measured, team

CENT = Decimal("0.01")


def rule_set(*splits, streams=()):
    """Return splits of stage 2, each (team of the pool, method and more)."""
    return rules.from_document({
        "version": "1",
        "dimensions": [DIMENSION],
        "stages": [{"number": 2, "reciprocal": True}],
        "splits": [
            {
                "key": pool.lower(), "name": pool, "stage": 2, "pool": {"dimension": "team", "equals": pool},
                "receivers": {"dimension": "team"}, "method": method, **more,
            }
            for pool, method, more in ((*split, {})[:3] for split in splits)
        ],
        "drivers": [{"key": key, "name": key, "dimension": "team", "unit": "u"} for key in streams],
    })  # fmt: skip


def fixed(**shares):
    return {"kind": "fixed", "shares": {receiver: str(share) for receiver, share in shares.items()}}


def sums(result, entry, split):
    """Return effective cost by receiver and by the pool it came from."""
    teams = {"IT": "it", "HR": "hr"}
    found = {}
    for row in ledger(result.folder):
        if row["entry"] == entry and row["origin"] == teams.get(split, split):
            found[row["segment_id"]] = found.get(row["segment_id"], Decimal(0)) + row["effective_cost"]
    return sorted(found.values())


def test_it_and_hr_that_serve_each_other_are_solved_as_equations(tmp_path):
    both = rule_set(("IT", fixed(HR=20, Production=80)), ("HR", fixed(IT=30, Production=70)))

    _, result = allocate(tmp_path, both, [team("IT", "100000"), team("HR", "50000")])

    # gross IT = 100,000 + 0.3 HR and gross HR = 50,000 + 0.2 IT, so IT = 115,000 / 0.94 and HR = 70,000 / 0.94.
    assert by_value(result) == {"Production": Decimal(150000)}
    (it,), (hr,) = sums(result, "out", "IT"), sums(result, "out", "HR")
    assert (it.quantize(CENT), hr.quantize(CENT)) == (Decimal("-122340.43"), Decimal("-74468.09"))
    to_hr, to_production = sums(result, "in", "IT")
    assert (to_hr.quantize(CENT), to_production.quantize(CENT)) == (Decimal("24468.09"), Decimal("97872.34"))
    assert [one.quantize(CENT) for one in sums(result, "in", "HR")] == [Decimal("22340.43"), Decimal("52127.66")]
    assert result.proof.holds
    assert codes(result) == []


def test_each_pool_nets_to_zero_and_its_weights_are_those_of_its_split(tmp_path):
    both = rule_set(("IT", fixed(HR=20, Production=80)), ("HR", fixed(IT=30, Production=70)))

    _, result = allocate(tmp_path, both, [team("IT", "0.07", service_name="a"), team("HR", "0.000000000000000003")])

    assert set(by_value(result)) == {"Production"}
    weights = {(row["origin"], row["driver_quantity"], row["driver_total"]) for row in ledger(result.folder)
               if row["entry"] == "in"}  # fmt: skip
    assert weights == {("it", 20, 100), ("it", 80, 100), ("hr", 30, 100), ("hr", 70, 100)}
    keys = [(row["split_number"], row["cell_id"], row["segment_id"], row["pool_segment_id"]) for row in
            ledger(result.folder) if row["entry"] in {"in", "out"}]  # fmt: skip
    assert len(keys) == len(set(keys))


def test_a_stage_that_is_not_reciprocal_hands_on_only_what_was_there_before(tmp_path):
    both = rule_set(("IT", fixed(HR=20, Production=80)), ("HR", fixed(IT=30, Production=70)))
    plain = both.model_copy(update={"stages": ()})

    _, result = allocate(tmp_path, plain, [team("IT", "100000"), team("HR", "50000")])

    assert by_value(result) == {"HR": Decimal(20000), "IT": Decimal(15000), "Production": Decimal(115000)}


def test_pools_that_serve_each_other_only_are_held_and_said(tmp_path):
    circle = rule_set(("IT", fixed(HR=100)), ("HR", fixed(IT=100)), ("Ops", fixed(IT=50, Production=50)))

    _, result = allocate(tmp_path, circle, [team("IT", "100"), team("HR", "50"), team("Ops", "10")])

    # Ops reaches Production; what it hands to IT stays there.
    assert by_value(result) == {"IT": Decimal(105), "HR": Decimal(50), "Production": Decimal(5)}
    assert held(result) == [("circular_pools", "USD", 100), ("circular_pools", "USD", 50)]
    assert codes(result) == ["circular_pools", "circular_pools"]
    assert result.proof.holds


def test_a_pool_that_serves_pools_only_leaves_no_crumb(tmp_path):
    through = rule_set(
        ("A", fixed(B="33.3", C="66.7")), ("B", fixed(C=100)), ("C", fixed(A="7.7", x="46.15", y="46.15"))
    )

    _, result = allocate(tmp_path, through, [team("A", "1.000000000000000007"), team("B", "0.01"), team("C", "3")])

    assert set(by_value(result)) == {"x", "y"}
    assert result.proof.holds


def test_gross_can_exceed_the_pool_many_times(tmp_path):
    near = rule_set(("IT", fixed(HR=99, p=1)), ("HR", fixed(IT=99, p=1)))

    _, result = allocate(tmp_path, near, [team("IT", "199"), team("HR", "0")])

    # IT = 199 / (1 - 0.9801) = 10,000 and HR = 9,900.
    assert by_value(result) == {"p": Decimal(199)}
    assert sums(result, "out", "IT") == [Decimal(-10000)]
    assert sums(result, "out", "HR") == [Decimal(-9900)]


def test_days_and_currencies_are_solved_apart_and_credits_too(tmp_path):
    streams = {"t": measured("2026-10-01,HR,1", "2026-10-01,p,1", "2026-10-02,p,1")}
    split = ("IT", {"kind": "metric", "driver": "t"}, {"window": {"kind": "day"}})
    both = rule_set(split, ("HR", fixed(IT=50, p=50)), streams=("t",))
    charges = [team("IT", "30"), team("IT", "-30", on=2), team("IT", "3", currency="EUR"), team("p", "0")]
    charges.append(team("HR", "0"))

    _, result = allocate(tmp_path, both, charges, drivers=streams)

    # The first day: IT = 30 + HR / 2 and HR = IT / 2, so IT = 40 and HR = 20. The second day IT serves p alone.
    assert by_value(result, charge_date=charges[0]["charge_date"], billing_currency="USD") == {"p": Decimal(30)}
    assert sums(result, "out", "HR") == [Decimal(-22)]
    assert sums(result, "out", "IT") == [Decimal(-14)]


def test_weights_too_long_for_the_engine_are_solved_just_as_exactly(tmp_path):
    streams = {"t": measured("2026-10-01,HR,0.000000000000000003", "2026-10-01,p,1234567.890123456789012345")}
    both = rule_set(
        ("IT", {"kind": "metric", "driver": "t"}), ("HR", fixed(IT="33.333333333333333333", p="66.666666666666666667")),
        streams=("t",),
    )  # fmt: skip

    _, result = allocate(
        tmp_path, both, [team("IT", "100000000000.01"), team("HR", "50"), team("p", "0")], drivers=streams
    )

    assert by_value(result) == {"p": Decimal("100000000050.01")}
    assert result.proof.holds


def test_what_depends_on_the_size_of_the_pool_is_refused():
    with pytest.raises(rules.RuleSetError, match="tiered depends on how much is in the pool"):
        rule_set(("IT", {"kind": "tiered", "driver": "t", "fee": {"USD": "1"}}), streams=("t",))


def test_capacity_that_is_not_used_stays_in_a_reciprocal_stage_too(tmp_path):
    streams = {"t": measured("2026-10-01,HR,20", "2026-10-01,p,30"), "c": measured("2026-10-01,x,100")}
    both = rule_set(
        ("IT", {"kind": "capacity", "driver": "t", "capacity": "c"}), ("HR", fixed(p=100)), streams=("t", "c")
    )

    _, result = allocate(tmp_path, both, [team("IT", "100"), team("HR", "1"), team("p", "0")], drivers=streams)

    assert by_value(result) == {"IT": Decimal(50), "p": Decimal(51)}
    assert held(result) == [("unused_capacity", "USD", 50)]


def test_a_chain_is_solved_by_fractions():
    kind = (Node(0, 0, (("hr", 1),)), Node(1, 0, (("it", 0),)))

    found = solved(kind, [{"hr": 20, "p": 80}, {"it": 30, "p": 70}])

    assert found.outside == {"p"}
    assert [flow.fraction for flow in found.flows] == [Fraction(20, 94), Fraction(6, 94)]


def test_a_place_that_reaches_nobody_has_no_solution():
    kind = (Node(0, 0, (("b", 1),)), Node(1, 0, (("a", 0),)))

    assert solved(kind, [{"b": 1}, {"a": 1}]).outside is None
    assert solved(kind, [{"b": 1}, None]).outside == {"b"}


def test_chains_that_look_alike_are_one_kind():
    from allocation.engine.reciprocal import Place

    found = chains({(0, 0): Place(0, 0, {"b": (0, 1)}), (0, 1): Place(1, 0, {}), (1, 0): Place(0, 0, {"b": (1, 1)}),
                    (1, 1): Place(1, 0, {})})  # fmt: skip

    assert len(found.kinds) == 2
    assert found.number[0, 0] == found.number[1, 0]

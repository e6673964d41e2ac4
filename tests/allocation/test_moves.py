"""What changes its value between two rule sets, by a bill one can add up by hand."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.engine.classification import Classifier, facts
from allocation.engine.rules import from_document, parse
from allocation.matches import Month, month
from allocation.moves import moves
from itfm.core.tenancy import tenant
from tests.allocation.bills import bill_in_force
from tests.allocation.engine.bills import OCTOBER, charge, write_revision

DIMENSIONS = """
dimensions:
  - key: center
    name: Center
    rules: [{when: {tag: cost_center, exists: true}, value: {tag: cost_center}}]
"""
BEFORE = parse(f"version: 1\n{DIMENSIONS}")
AFTER = parse(f"version: 1\ntag_aliases: {{cost_center: [cc]}}\n{DIMENSIONS}")
CHARGES = [
    charge("50", tags={"cost_center": "100", "cc": "200"}),
    charge("8", tags={"cc": "200"}),
    charge("3", tags={"cc": "300"}, currency="EUR"),
    charge("2", tags={"cc": "200"}, service_name="S3"),
    charge("1"),
]


@pytest.fixture
def october(acme):
    bill_in_force(acme, CHARGES)
    with tenant(acme.id):
        yield month(acme.id, period=OCTOBER)


def told(listed):
    return [
        (one.old, one.new, one.catch.charges, {currency: cost.normalize() for currency, cost in one.catch.costs})
        for one in listed
    ]


def test_a_new_spelling_moves_what_only_it_has(october):
    assert told(moves(october, before=BEFORE, after=AFTER)["center"]) == [
        (None, "200", 2, {"USD": Decimal(10)}),
        (None, "300", 1, {"EUR": Decimal(3)}),
    ]


def test_another_order_of_the_spellings_moves_what_has_both(october):
    other = parse(f"version: 1\ntag_aliases: {{cc: [cost_center]}}\n{DIMENSIONS}")

    assert told(moves(october, before=AFTER, after=other)["center"]) == [("100", "200", 1, {"USD": Decimal(50)})]


def test_equal_rules_move_nothing_and_new_dimensions_everything_they_value(october, acme):
    two = parse(
        f"version: 1\n{DIMENSIONS}  - {{key: all, name: All, rules: [{{when: {{source: true, exists: true}}, value: x}}]}}"
    )

    assert moves(october, before=AFTER, after=AFTER) == {"center": ()}
    found = moves(october, before=BEFORE, after=two)
    assert found["center"] == ()
    assert told(found["all"]) == [(None, "x", 5, {"EUR": Decimal(3), "USD": Decimal(61)})]
    assert moves(october, before=two, after=BEFORE) == {"center": ()}


def test_a_month_without_bills_moves_nothing(acme):
    with tenant(acme.id):
        empty = month(acme.id, period=OCTOBER)

    assert moves(empty, before=BEFORE, after=AFTER) == {"center": ()}


tags = st.dictionaries(
    st.sampled_from(["cost_center", "cc", "CC", "kst"]), st.sampled_from(["1", "2", " "]), max_size=4
)
aliases = st.sampled_from([{}, {"cost_center": ["cc"]}, {"cc": ["kst", "cost_center"]}, {"kst": ["cost_center"]}])


@settings(max_examples=25, deadline=None)
@given(st.lists(tags, min_size=1, max_size=8), aliases, aliases, st.booleans())
def test_moves_are_those_of_asking_each_line_twice(tmp_path_factory, lines, old, new, similar):
    plain = {"version": "1", "dimensions": [{"key": "center", "name": "Center", "rules": [
        {"when": {"tag": "cost_center", "exists": True}, "value": {"tag": "cost_center"}}]}]}  # fmt: skip
    before = from_document({**plain, "tag_aliases": old})
    after = from_document({**plain, "tag_aliases": new, "similar_tag_keys": similar})
    costs = [Decimal(2) ** at for at in range(len(lines))]
    revision = write_revision(
        tmp_path_factory.mktemp("bill"), [charge(str(cost), tags=one) for cost, one in zip(costs, lines, strict=True)]
    )

    found = moves(Month([revision], period=OCTOBER), before=before, after=after)["center"]

    expected = {}
    for cost, one in zip(costs, lines, strict=True):
        values = [
            caught.value if (caught := Classifier(rules, period=OCTOBER).caught(
                facts({}, tags=one, source="aws")).get("center")) else None
            for rules in (before, after)
        ]  # fmt: skip
        if values[0] != values[1]:
            expected[tuple(values)] = expected.get(tuple(values), Decimal(0)) + cost
    assert {(one.old, one.new): dict(one.catch.costs)["USD"] for one in found} == expected

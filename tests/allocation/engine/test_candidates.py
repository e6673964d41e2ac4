"""Finding rules by what they demand: the same rules as asking each one, whatever the tests, in rule order."""

import random
from datetime import date

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.engine import rules, text_index
from allocation.engine.candidates import Candidates, in_order
from allocation.engine.classification import Caught, Classifier, facts
from allocation.engine.conditions import Subject
from tests.allocation.engine.test_fuzzed_rules import FIXED, TEXTS, condition, document, expected, value

OCTOBER = date(2026, 10, 1)


def dimension(*conditions, given=FIXED):
    listed = [{"when": one, "value": given} for one in conditions]
    return rules.from_document({"version": "1", "dimensions": [{"key": "d", "name": "D", "rules": listed}]}).dimensions[
        0
    ]


def could_catch(*conditions, **tags):
    """Return the numbers of the rules that are asked of a charge with these tags."""
    found = dimension(*conditions)
    keys = ["name", "env", "team"]
    candidates = Candidates(found.rules, {Subject("tag", key): place for place, key in enumerate(keys)})
    return list(in_order(candidates.of(tuple(tags.get(key) for key in keys))))


@pytest.mark.parametrize(
    ("test", "asked", "not_asked"),
    [
        ({"equals": "Pay", "ignore_case": True}, "PAY", "pays"),
        ({"one_of": ["a-b", "c"], "loose": True}, "a_b", "d"),
        ({"starts_with": "pay"}, "pay-1", "epay"),
        ({"ends_with": "pay"}, "e-pay", "pay-1"),
        ({"contains": "prod"}, "my-production", "my-prd"),
        ({"contains": "ab"}, "cab", "ba"),
        ({"matches": "^pay-[0-9]+$"}, "pay-12", "pay-x"),
        ({"matches": "PAY", "ignore_case": True}, "a pay b", "p a y"),
        ({"gt": "9"}, "9.5", "9"),
        ({"gte": "9"}, "9", "8"),
        ({"lt": "9"}, "8", "9"),
        ({"lte": "2026-10-01"}, "2026-10-01T10:00:00Z", "2026-10-02"),
        ({"exists": True}, "x", None),
        ({"exists": False}, None, "x"),
    ],
)
def test_a_rule_is_asked_only_where_its_test_can_hold(test, asked, not_asked):
    assert could_catch({"tag": "name", **test}, name=asked) == [0]
    assert could_catch({"tag": "name", **test}, name=not_asked) == []


def test_a_rule_of_two_common_texts_is_asked_where_both_are():
    grid = [
        {"all": [{"tag": "name", "equals": f"n{at}"}, {"tag": "env", "equals": f"e{to}"}]}
        for at in range(30) for to in range(30)
    ]  # fmt: skip

    assert could_catch(*grid, name="n7", env="e11") == [7 * 30 + 11]


def test_of_many_tests_those_that_fewest_rules_share_are_looked_at():
    common = [{"tag": "env", "equals": "prod"}, {"tag": "env", "exists": True}, {"tag": "team", "exists": True}]
    listed = [{"all": [*common, {"tag": "name", "starts_with": f"n{at}-"}]} for at in range(50)]

    assert could_catch(*listed, name="n42-x", env="prod", team="a") == [42]


def test_what_cannot_be_turned_round_is_asked_of_every_charge():
    assert could_catch({"not": {"tag": "name", "equals": "a"}}, name="a") == [0]
    assert could_catch({"any": [{"tag": "name", "equals": "a"}, {"not": {"tag": "env", "equals": "b"}}]}, name="c") == [
        0
    ]


def test_a_negation_of_negations_is_turned_round():
    twice = {"not": {"any": [{"not": {"tag": "name", "equals": "a"}}, {"tag": "env", "exists": True}]}}

    assert could_catch(twice, name="a") == [0]
    assert could_catch(twice, name="a", env="prod") == []
    assert could_catch(twice, name="b") == []


def test_patterns_that_find_no_room_together_are_searched_for_in_several_sets(monkeypatch):
    patterns = {f"(a|b|c){{1,{at % 40 + 1}}}x{at}.*y": 1 << at for at in range(200)}
    monkeypatch.setattr(text_index, "_PATTERN_MEMORY", 1 << 18)

    found = text_index._FINDERS["matches"](patterns)

    # x1 is found as well: after it may come anything, here "7--".
    assert list(in_order(found("..abcx17--y"))) == [1, 17]
    assert list(in_order(found("nothing"))) == []


def test_patterns_are_asked_one_by_one_where_the_set_of_them_knows_nothing():
    """RE2 answers like this empty set when it runs out of memory: with no match, not even of the empty pattern."""
    out_of_memory = re2.Set.SearchSet()
    out_of_memory.Add("not in there")
    out_of_memory.Compile()

    assert text_index._matched(out_of_memory, ["^a", "b$", "x"], "ab") == [0, 1]


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_many_rules_catch_what_asking_them_one_by_one_catches(drawn):
    keys = ["team", "env", "product"]
    listed = {
        key: [{"when": condition(drawn, keys[:place]), "value": value(drawn)} for _ in range(drawn.choice([3, 40]))]
        for place, key in enumerate(keys)
    }
    plain = document(listed)
    classifier = Classifier(rules.from_document(plain), period=OCTOBER)

    for _ in range(20):
        columns = {"service_name": drawn.choice(TEXTS), "region_id": drawn.choice(TEXTS)}
        tags = {key: drawn.choice(TEXTS) for key in ("team", "env") if drawn.random() < 0.8}
        known = {("source", ""): "aws", **{("column", k): v for k, v in columns.items()},
                 **{("tag", k): v for k, v in tags.items()}}  # fmt: skip
        caught = classifier.caught(facts(columns, tags=tags, source="aws"))
        assert {key: tuple(one) for key, one in caught.items()} == dict(expected(plain, known))


def chain(length):
    """Return dimensions that each take their value from the one before, the last standing first in the document."""
    listed = [{"key": "d0", "name": "D0", "rules": [{"when": {"tag": "name", "exists": True}, "value": "v0"}]}]
    for at in range(1, length):
        old = {"when": {"dimension": f"d{at - 1}", "equals": f"v{at - 1}"}, "value": f"old{at}", "valid_to": "2026-09"}
        new = {
            "when": {"dimension": f"d{at - 1}", "one_of": [f"v{at - 1}"]},
            "value": f"v{at}",
            "valid_from": "2026-10",
        }
        other = {"when": {"dimension": f"d{at - 1}", "exists": False}, "value": "none"}
        listed.append({"key": f"d{at}", "name": f"D{at}", "rules": [old, new, other]})
    return rules.from_document({"version": "1", "dimensions": listed[::-1]})


def test_twenty_dimensions_follow_each_other_in_a_chain():
    found = Classifier(chain(20), period=OCTOBER).caught(facts({}, tags={"name": "x"}, source="aws"))

    assert found["d0"] == Caught("v0", 0)
    assert {key: one for key, one in found.items() if key != "d0"} == {
        f"d{at}": Caught(f"v{at}", 1) for at in range(1, 20)
    }


def test_a_chain_breaks_in_the_month_in_which_a_rule_is_not_valid():
    found = Classifier(chain(20), period=date(2026, 9, 1)).caught(facts({}, tags={"name": "x"}, source="aws"))

    # d1 has the old value, which d2 does not look for; d3 finds no d2 and says so; d4 does not look for that; and so on.
    assert found["d1"] == Caught("old1", 0)
    assert [found.get(f"d{at}") for at in (2, 3, 4, 5)] == [None, Caught("none", 2), None, Caught("none", 2)]


def test_thousands_of_rules_keep_their_order():
    drawn = random.Random(11)
    conditions = [
        {"tag": "name", drawn.choice(["equals", "starts_with", "ends_with", "contains"]): drawn.choice("abc") * drawn.randint(1, 3)}
        for _ in range(3000)
    ]  # fmt: skip
    asked = {
        "equals": str.__eq__,
        "starts_with": str.startswith,
        "ends_with": str.endswith,
        "contains": str.__contains__,
    }

    for text in ("a", "ab", "aab", "cccb", "bb", "d"):
        expected_rules = [
            number for number, test in enumerate(conditions)
            if next(asked[how](text, test[how]) for how in asked if how in test)
        ]  # fmt: skip
        assert could_catch(*conditions, name=text) == expected_rules

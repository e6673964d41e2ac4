"""Spellings of tag keys that count as one: which of a charge's tags a rule sees, and what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.engine import rules
from allocation.engine.attribute_sets import read
from allocation.engine.classification import Caught, Classifier, facts
from allocation.engine.conditions import Subject
from allocation.engine.tag_aliases import Spellings
from itfm.core import money
from tests.allocation.engine.bills import allocate, by_value, charge, write_revision
from tests.allocation.engine.test_fuzzed_rules import TEXTS, condition, document, expected, value

OCTOBER = date(2026, 10, 1)
ALIASES = {"cost_center": ["cost-center", "CostCentre", "cc"]}
BY_TAG = {
    "version": "1",
    "tag_aliases": ALIASES,
    "dimensions": [
        {"key": "center", "name": "Center", "rules": [
            {"when": {"tag": "cost_center", "exists": True}, "value": {"tag": "cost_center"}}]}
    ],
}  # fmt: skip


def caught(tags, **more):
    classifier = Classifier(rules.from_document({**BY_TAG, **more}), period=OCTOBER)
    found = classifier.caught(facts({}, tags=tags, source="aws")).get("center")
    return found.value if found else None


@pytest.mark.parametrize(
    ("tags", "seen"),
    [
        ({"cost_center": "100"}, "100"),
        ({"cc": "300"}, "300"),
        ({"cc": "300", "CostCentre": "200"}, "200"),
        ({"cc": "300", "cost_center": "100"}, "100"),
        ({"cc": "300", "cost_center": ""}, "300"),
        ({"cc": "300", "cost_center": " \t"}, "300"),
        ({"cost_center": " ", "cc": ""}, " "),
        ({"CC": "300"}, None),
        ({"Cost-Center": "100"}, None),
    ],
)
def test_the_first_spelling_that_has_a_value_counts_the_key_itself_before_all(tags, seen):
    assert caught(tags) == seen


@pytest.mark.parametrize(
    ("tags", "seen"),
    [
        ({"COST CENTER": "1"}, "1"),
        ({"costcenter": "1"}, "1"),
        ({"Cc": "1"}, "1"),
        ({"c-c": "1", "Cost_Centre": "2"}, "2"),
        ({"costCenter": "2", "COST_CENTER": "1"}, "1"),
        ({"costCenter": "2", "cost-center": "1"}, "2"),
        ({"cost_centers": "1"}, None),
    ],
)
def test_with_similar_keys_case_signs_and_spaces_do_not_tell_spellings_apart(tags, seen):
    """A similar key stands behind the listed one that it is first similar to; several in the order of their letters."""
    assert caught(tags, similar_tag_keys=True) == seen


def test_similar_keys_count_as_one_though_nobody_listed_them():
    by_team = {
        "version": "1",
        "similar_tag_keys": True,
        "dimensions": [{"key": "center", "name": "Center", "rules": [
            {"when": {"tag": "team", "exists": True}, "value": {"tag": "Team"}}]}],
    }  # fmt: skip
    classifier = Classifier(rules.from_document(by_team), period=OCTOBER)

    found = classifier.caught(facts({}, tags={"TEAM": "a", "team": "b"}, source="aws"))

    assert found == {"center": Caught("a", 0)}, "the value names Team: first its own spelling, then TEAM before team"


def test_a_rule_may_name_any_spelling_and_sees_the_same():
    plain = {**BY_TAG, "dimensions": [{"key": "center", "name": "Center", "rules": [
        {"when": {"tag": "cc", "exists": True}, "value": {"tag": "CostCentre"}}]}]}  # fmt: skip
    classifier = Classifier(rules.from_document(plain), period=OCTOBER)

    assert classifier.caught(facts({}, tags={"cost-center": "7"}, source="aws")) == {"center": Caught("7", 0)}


@pytest.mark.parametrize(
    ("aliases", "similar", "problem"),
    [
        ({"a": ["x"], "b": ["x"]}, False, "tag_aliases.b: 'x' is a spelling of 'a' already; keep it under one key"),
        ({"a": ["b"], "b": ["a"]}, False, "tag_aliases.b: 'b' and 'a' are spellings of each other; keep one of them as the key"),
        ({"a": ["b"], "b": ["c"]}, False, "tag_aliases.b: 'b' is a spelling of 'a' already; list its spellings there"),
        ({"b": ["c"], "a": ["b"]}, False, "tag_aliases.a: 'b' is a key with spellings of its own; list them all under one key"),
        ({"a": ["a", "b"]}, False, "tag_aliases.a: 'a' is the key itself; leave it out of its spellings"),
        ({"a": ["b", "c", "b"]}, False, "tag_aliases.a: 'b' stands 2 times; keep one"),
        ({"a": ["  "]}, False, "tag_aliases.a: a spelling is blank; write it, or leave the line out"),
        ({" ": ["a"]}, False, "tag_aliases. : a spelling is blank; write it, or leave the line out"),
        ({"a": ["x"], "A": ["y"]}, True, "tag_aliases.A: 'A' is similar to the key 'a', and similar keys count as one; keep one of them"),
        ({"a": ["c_c"], "b": ["CC"]}, True, "tag_aliases.b: 'CC' is similar to 'c_c' of the key 'a', and similar keys count as one; keep one of them"),
    ],
)  # fmt: skip
def test_spellings_that_would_lead_to_two_keys_are_refused_by_name(aliases, similar, problem):
    with pytest.raises(rules.RuleSetError) as caught_error:
        rules.from_document({"version": "1", "tag_aliases": aliases, "similar_tag_keys": similar})

    assert caught_error.value.problems == [problem]


@pytest.mark.parametrize("aliases", [{"a": []}, {"a": [""]}, {"a": "b"}, {"a": [1]}, ["a"]])
def test_what_is_no_list_of_spellings_is_refused(aliases):
    with pytest.raises(rules.RuleSetError, match="tag_aliases"):
        rules.from_document({"version": "1", "tag_aliases": aliases})


def test_keys_that_only_similar_keys_would_join_may_have_spellings_of_their_own():
    plain = {"version": "1", "tag_aliases": {"a": ["x"], "A": ["y"]}}

    assert rules.from_document(plain).tag_aliases == {"a": ("x",), "A": ("y",)}


def test_the_document_is_read_back_the_same_with_its_order():
    rule_set = rules.from_document({**BY_TAG, "similar_tag_keys": True})

    again = rules.parse(rules.dump(rule_set))

    assert again == rule_set
    assert again.tag_aliases["cost_center"] == ("cost-center", "CostCentre", "cc")
    assert rules.to_json(again) == rules.to_json(rule_set)
    assert '"tag_aliases":{"cost_center":["cost-center","CostCentre","cc"]},"similar_tag_keys":true' in rules.to_json(
        rule_set
    )


def test_a_changed_spelling_changes_the_name_of_the_content():
    names = {
        rules.fingerprint(rules.from_document({**BY_TAG, **more}))
        for more in ({}, {"tag_aliases": {"cost_center": ["cc", "CostCentre", "cost-center"]}}, {"tag_aliases": {}},
                     {"similar_tag_keys": True})
    }  # fmt: skip

    assert len(names) == 4


def test_a_document_without_spellings_says_nothing_of_them():
    assert "alias" not in rules.dump(rules.from_document({"version": "1"}))
    assert "similar" not in rules.to_json(rules.from_document({"version": "1"}))


def test_a_listed_tag_key_is_listed_in_all_its_spellings():
    listed = rules.from_document({**BY_TAG, "tag_keys": ["cc", "env"]})

    assert rules.tag_keys(listed) == ("CostCentre", "cc", "cost-center", "cost_center", "env")
    with pytest.raises(rules.RuleSetError, match="tag key 'cost_center' is not known; known: env; add it to tag_keys"):
        rules.from_document({**BY_TAG, "tag_keys": ["env"]})


def test_keys_without_doubles_are_those_that_rules_mean():
    listed, similar = Spellings(ALIASES), Spellings(ALIASES, similar=True)

    assert listed.by_key(["cc", "env", "Env"]) == {"Env": "Env", "cc": "cost_center", "env": "env"}
    assert similar.by_key(["C-C", "env", "Env"]) == {"C-C": "cost_center", "Env": "Env", "env": "Env"}


def test_a_split_finds_its_pool_by_any_spelling(tmp_path):
    shared = {"key": "shared", "name": "Shared", "stage": 1, "pool": {"tag": "cost_center", "equals": "it"},
              "receivers": {"dimension": "center", "one_of": ["a"]}, "method": {"kind": "even"}}  # fmt: skip
    charges = [charge("10", tags={"cc": "it"}), charge("5", tags={"CostCentre": "a"}), charge("1", tags={"x": "y"})]

    _, result = allocate(tmp_path, rules.from_document({**BY_TAG, "splits": [shared]}), charges)

    assert by_value(result, "center") == {"a": Decimal(15), None: Decimal(1)}
    assert result.proof.holds


def test_without_spellings_a_charge_is_read_as_before(tmp_path):
    revision = write_revision(tmp_path, [charge("1", tags={"team": " "}), charge("1", tags={"Team": "a"})])
    subject = Subject("tag", "team")

    sets = read([revision], subjects=[subject], spellings=Spellings())

    assert sets.coded(subject).values == (None, " ")


def squeezed(key):
    return "".join(sign for sign in key.lower() if sign not in "-_ ")


def rewritten(tags, *, aliases, similar, asked):
    """Return the tags of one line under the keys that rules name: what this module promises, word by word."""
    result = {}
    for key in asked:
        group = next(
            ([one, *others] for one, others in aliases.items()
             if key in [one, *others] or (similar and squeezed(key) in map(squeezed, [one, *others]))),
            [key],
        )  # fmt: skip
        order = []
        for spelling in group:
            order.append(spelling)
            if similar:
                order += [one for one in sorted(tags) if squeezed(one) == squeezed(spelling) and one not in group]
        texts = [tags[one] for one in order if tags.get(one)]
        result[key] = next((text for text in texts if text.strip()), texts[0] if texts else "")
    return {key: text for key, text in result.items() if text}


ASKED = ["team", "env", "it's", 'a"b']
SPELLED = [*ASKED, "Team", "TEAM", "te-am", "squad", "Squad", "ENV", "stage", "it s", "A\"B", 'a_"b', "-", "cc"]  # fmt: skip


def drawn_aliases(drawn, *, similar):
    """Return spellings that are accepted: every one under one key."""
    aliases, left = {}, drawn.sample(SPELLED, len(SPELLED))
    for _ in range(drawn.randint(0, 3)):
        key, *others = [left.pop() for _ in range(drawn.randint(2, 4))]
        aliases[key] = others
    try:
        rules.from_document({"version": "1", "tag_aliases": aliases, "similar_tag_keys": similar})
    except rules.RuleSetError:
        return drawn_aliases(drawn, similar=similar)
    return aliases


def drawn_rules(drawn):
    keys = ["team", "product"]
    return document(
        {
            key: [{"when": condition(drawn, keys[:place]), "value": value(drawn)} for _ in range(6)]
            for place, key in enumerate(keys)
        }
    )


def drawn_tags(drawn):
    return {key: drawn.choice([*TEXTS, " ", ""]) for key in drawn.sample(SPELLED, drawn.randint(0, 7))}


def oracle(plain, tags, *, aliases, similar):
    seen = rewritten(tags, aliases=aliases, similar=similar, asked=ASKED)
    known = {("source", ""): "aws", ("column", "service_name"): "a", **{("tag", key): seen[key] for key in seen}}
    return dict(expected(plain, known))


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_a_line_is_classified_as_if_its_tags_were_rewritten(drawn, similar):
    aliases, plain = drawn_aliases(drawn, similar=similar), drawn_rules(drawn)
    rule_set = rules.from_document({**plain, "tag_aliases": aliases, "similar_tag_keys": similar})
    classifier = Classifier(rules.parse(rules.dump(rule_set)), period=OCTOBER)

    for _ in range(15):
        tags = drawn_tags(drawn)
        found = classifier.caught(facts({"service_name": "a"}, tags=tags, source="aws"))
        assert {key: tuple(one) for key, one in found.items()} == oracle(plain, tags, aliases=aliases, similar=similar)


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_a_bill_is_allocated_as_if_the_tags_of_each_line_were_rewritten(tmp_path_factory, drawn, similar):
    aliases, plain = drawn_aliases(drawn, similar=similar), drawn_rules(drawn)
    rule_set = rules.from_document({**plain, "tag_aliases": aliases, "similar_tag_keys": similar})
    lines = [(Decimal(2) ** at, drawn_tags(drawn)) for at in range(25)]
    charges = [charge(str(cost), tags=tags, service_name="a") for cost, tags in lines]

    _, result = allocate(tmp_path_factory.mktemp("run"), rule_set, charges)

    for dimension in ("team", "product"):
        sums = {}
        for cost, tags in lines:
            found = oracle(plain, tags, aliases=aliases, similar=similar).get(dimension)
            given_value = found[0] if found else None
            sums[given_value] = money.CONTEXT.add(sums.get(given_value, Decimal(0)), cost)
        assert by_value(result, dimension) == sums
    assert result.proof.holds

"""Which rule catches a charge: meaning of each test and transform, and the index against a naive reading."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.engine import rules
from allocation.engine.classification import Caught, Classifier, facts
from allocation.engine.conditions import All, AnyOf, Not

OCTOBER = date(2026, 10, 1)


def caught(rules_yaml, *, columns=(), tags=(), source="aws", period=OCTOBER, extra=""):
    document = f"version: 1\n{extra}\ndimensions: [{{key: team, name: Team, rules: [{rules_yaml}]}}]"
    classifier = Classifier(rules.parse(document), period=period)
    return classifier.caught(facts(dict(columns), tags=dict(tags), source=source)).get("team")


@pytest.mark.parametrize(
    ("test", "text", "holds"),
    [
        ("equals: a-b", "a-b", True),
        ("equals: a-b", "A-B", False),
        ("equals: a-b, ignore_case: true", "A-B", True),
        ("equals: a-b, trim: true", " a-b ", True),
        ("equals: a-b, loose: true", "a_b", True),
        ("one_of: [x, 'a b'], loose: true, ignore_case: true", "A-B", True),
        ("one_of: [x, y]", "z", False),
        ("starts_with: ab", "abc", True),
        ("ends_with: bc", "abc", True),
        ("contains: b", "abc", True),
        ("contains: B", "abc", False),
        ("matches: '^a.c$'", "abc", True),
        ("matches: 'B', ignore_case: true", "abc", True),
        ("matches: 'b'", "ABC", False),
        ("exists: true", "x", True),
        ("exists: true", None, False),
        ("exists: true", "", False),
        ("exists: false", None, True),
        ("exists: false", "x", False),
        ("equals: x", None, False),
        ("gt: 9", "10", True),
        ("gt: 9", "9", False),
        ("gte: 9", "9.0", True),
        ("lt: 9", "10", False),
        ("lte: 9", "nine", False),
        ("gte: 2026-10-01", "2026-10-01T05:00:00Z", True),
        ("lt: 2026-10-01", "2026-09-30", True),
        ("lt: 2026-10-01", "5", False),
    ],
)
def test_a_test_reads_an_attribute_as_the_rules_say(test, text, holds):
    found = caught(f"{{when: {{tag: t, {test}}}, value: yes}}", tags={"t": text})

    assert (found == Caught("yes", 0)) is holds


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("{tag: t}", " Pay-1 "),
        ("{tag: t, transforms: [trim, lower]}", "pay-1"),
        ("{tag: t, transforms: [trim, {regex: '^([A-Za-z]+)'}]}", "Pay"),
        ("{tag: t, transforms: [{regex: '[0-9]+'}]}", "1"),
        ("{tag: t, transforms: [trim, {lookup: names}]}", "Payments"),
        ("{tag: t, transforms: [{lookup: names}]}", " Pay-1 "),
        ("{first_of: [{tag: none}, {tag: t}], transforms: [trim, {prefix: x-}]}", "x-Pay-1"),
        ("{column: service_name}", "EC2"),
        ("Fixed", "Fixed"),
    ],
)
def test_a_value_goes_through_its_transforms(value, result):
    found = caught(
        f"{{when: {{tag: t, exists: true}}, value: {value}}}",
        tags={"t": " Pay-1 "},
        columns={"service_name": "EC2"},
        extra="lookups: {names: {Pay-1: Payments}}",
    )

    assert found == Caught(result, 0)


@pytest.mark.parametrize("value", ["{tag: none}", "{tag: t, transforms: [{regex: 'z'}]}", "{tag: t, transforms: [{lookup: n, otherwise: none}]}"])  # fmt: skip
def test_a_rule_without_a_value_leaves_the_charge_to_the_next_rule(value):
    first = f"{{when: {{tag: t, exists: true}}, value: {value}}}"

    found = caught(
        f"{first}, {{when: {{tag: t, exists: true}}, value: Next}}", tags={"t": "x"}, extra="lookups: {n: {a: b}}"
    )

    assert found == Caught("Next", 1)


def test_the_first_matching_rule_wins_even_when_a_later_one_is_indexed():
    scanned = "{when: {tag: t, starts_with: a}, value: Scanned}"
    indexed = "{when: {tag: t, equals: abc}, value: Indexed}"

    assert caught(f"{scanned}, {indexed}", tags={"t": "abc"}) == Caught("Scanned", 0)
    assert caught(f"{indexed}, {scanned}", tags={"t": "abc"}) == Caught("Indexed", 0)


def test_a_rule_counts_in_its_billing_periods_both_ends_included():
    rule = "{when: {tag: t, exists: true}, value: New, valid_from: 2026-10, valid_to: 2026-11}"

    found = [caught(rule, tags={"t": "x"}, period=date(2026, month, 1)) for month in (9, 10, 11, 12)]

    assert found == [None, Caught("New", 0), Caught("New", 0), None]


def test_a_dimension_can_look_at_another_that_stands_later():
    rule_set = rules.parse("""
        version: 1
        dimensions:
          - {key: owner, name: Owner, rules: [{when: {dimension: team, equals: Pay}, value: Ann}]}
          - {key: team, name: Team, rules: [{when: {source: true, equals: aws}, value: Pay}]}
    """)

    found = Classifier(rule_set, period=OCTOBER).caught(facts({}, tags={}, source="aws"))

    assert found == {"team": Caught("Pay", 0), "owner": Caught("Ann", 0)}


TEXTS = st.sampled_from(["a", "b", "A b", "a-b", "a_b ", "10", "2"])
TESTS = st.builds(
    lambda subject, operator, flags: {**subject, **operator, **flags},
    st.sampled_from([{"column": "region_id"}, {"tag": "t"}, {"tag": "u"}, {"dimension": "first"}]),
    st.one_of(
        st.builds(lambda text: {"equals": text}, TEXTS),
        st.builds(lambda texts: {"one_of": texts}, st.lists(TEXTS, min_size=1, max_size=3)),
        st.sampled_from([{"starts_with": "a"}, {"exists": True}, {"exists": False}, {"gt": "5"}, {"contains": "b"}]),
    ),
    st.dictionaries(st.sampled_from(["ignore_case", "trim", "loose"]), st.just(True)),
)
CONDITIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)
CHARGES = st.fixed_dictionaries(
    {}, optional={"region_id": TEXTS, "t": TEXTS, "u": TEXTS}
)  # an absent key is an absent attribute


def naive(condition, attributes):
    """Read a condition literally."""
    if isinstance(condition, All):
        return all(naive(part, attributes) for part in condition.all)
    if isinstance(condition, AnyOf):
        return any(naive(part, attributes) for part in condition.any)
    if isinstance(condition, Not):
        return not naive(condition.negated, attributes)
    text = attributes.get(condition.subject.key)
    if condition.exists is not None:
        return (text is not None) == condition.exists
    return text is not None and naive_comparison(condition, text)


def naive_comparison(test, text):
    """Answer one test for a text that is there."""

    def read(given):
        given = given.strip() if test.trim else given
        given = given.lower() if test.ignore_case else given
        return given.replace("-", " ").replace("_", " ") if test.loose else given

    text = read(text)
    answers = {
        "gt": lambda bound: text.isdecimal() and int(text) > int(bound),
        "one_of": lambda others: any(text == read(other) for other in others),
        "equals": lambda other: text == read(other),
        "contains": lambda other: read(other) in text,
        "starts_with": lambda other: text[: len(read(other))] == read(other),
    }
    return answers[test.operator](getattr(test, test.operator))


@given(st.lists(CONDITIONS, min_size=1, max_size=8), CHARGES)
def test_the_index_finds_what_a_naive_reading_of_the_rules_finds(conditions, charge):
    rule_set = rules.from_document({
        "version": "1",
        "dimensions": [
            {"key": "second", "name": "Second", "rules": [{"when": c, "value": str(n)} for n, c in enumerate(conditions)]},
            {"key": "first", "name": "First", "rules": [{"when": {"tag": "u", "exists": True}, "value": {"tag": "u"}}]},
        ],
    })  # fmt: skip
    columns = {name: text for name, text in charge.items() if name == "region_id"}
    tags = {name: text for name, text in charge.items() if name != "region_id"}

    found = Classifier(rule_set, period=OCTOBER).caught(facts(columns, tags=tags, source="s"))

    attributes = {**charge, "first": charge.get("u")}
    attributes = {key: text for key, text in attributes.items() if text is not None}
    matching = [n for n, rule in enumerate(rule_set.dimensions[0].rules) if naive(rule.when, attributes)]
    assert found.get("second") == (Caught(str(matching[0]), matching[0]) if matching else None)

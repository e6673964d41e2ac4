"""Changing a rule set one operation at a time: what each does, and what is refused in words that help."""

import pytest

from allocation.drafts.operations import (
    AddDimension,
    DeleteEntry,
    DeleteRule,
    MoveEntry,
    MoveRule,
    OperationError,
    PutEntry,
    PutRule,
    PutStage,
    RenameDimension,
    ReplaceAll,
    applied,
)
from allocation.drafts.problems import DraftError
from allocation.engine.rules import RuleSet, parse

RULES = parse("""
version: 1
tag_keys: [team]
dimensions:
  - key: team
    name: Team
    rules:
      - {name: by tag, when: {tag: team, exists: true}, value: {tag: team}}
      - {name: platform account, when: {column: sub_account_id, equals: "1"}, value: Platform}
  - {key: product, name: Product, rules: [{when: {dimension: team, equals: Platform}, value: Base}]}
splits:
  - {key: platform, name: Platform to teams, stage: 1, pool: {dimension: team, equals: Platform},
     receivers: {dimension: team}, method: {kind: metric, driver: seats}}
drivers: [{key: seats, name: Seats, dimension: team, unit: seats}]
""")


def names(rule_set, dimension=0):
    return [rule.name for rule in rule_set.dimensions[dimension].rules]


def refused(operation, rule_set=RULES):
    with pytest.raises(DraftError) as caught:
        applied(operation, to=rule_set)
    return [str(problem) for problem in caught.value.problems]


def test_dimensions_and_rules_are_built_from_nothing():
    rules = applied(AddDimension(key="team", name="Team"), to=RuleSet(version=1))
    rule = {"name": "by tag", "when": {"tag": "team", "exists": True}, "value": {"tag": "team"}}
    rules = applied(PutRule(dimension="team", number=None, rule=rule), to=rules)

    assert [dimension.key for dimension in rules.dimensions] == ["team"]
    assert names(rules) == ["by tag"]


def test_a_rule_moves_changes_and_goes():
    moved = applied(MoveRule(dimension="team", number=1, to=0), to=RULES)
    assert names(moved) == ["platform account", "by tag"]

    rule = {"name": "tagged", "when": {"tag": "team", "exists": True}, "value": "x"}
    changed = applied(PutRule(dimension="team", number=1, rule=rule), to=moved)
    assert names(changed) == ["platform account", "tagged"]

    assert names(applied(DeleteRule(dimension="team", number=0), to=changed)) == ["tagged"]


def test_a_tag_key_that_a_rule_names_is_listed_with_the_others():
    rule = {"when": {"tag": "owner", "exists": True}, "value": {"tag": "owner"}}

    assert applied(PutRule(dimension="team", number=None, rule=rule), to=RULES).tag_keys == ("team", "owner")


def test_a_dimension_is_renamed_and_moved():
    renamed = applied(RenameDimension(key="team", name="Squad"), to=RULES)
    moved = applied(MoveEntry(kind="dimensions", key="product", to=0), to=renamed)

    assert [(one.key, one.name) for one in moved.dimensions] == [("product", "Product"), ("team", "Squad")]


def test_a_dimension_that_others_name_cannot_be_deleted_and_the_message_names_them():
    assert refused(DeleteEntry(kind="dimensions", key="team")) == [
        "Dimension Product, rule 1, condition: dimension 'team' is not known; known: product",
        "Split Platform to teams, pool: dimension 'team' is not known; known: product",
        "Split Platform to teams, receivers: dimension 'team' is not known; known: product",
        "Driver Seats, dimension: dimension 'team' is not known; known: product",
    ]


def test_a_pattern_that_is_none_names_rule_and_test():
    rule = {
        "name": "bad",
        "when": {"all": [{"tag": "team", "exists": True}, {"any": [{"tag": "team", "matches": "(x"}]}]},
        "value": "x",
    }

    assert refused(PutRule(dimension="team", number=0, rule=rule)) == [
        "Dimension Team, rule 1 (bad), condition 2.1, matches: '(x' is not an RE2 pattern: missing ): (x"
    ]


def test_a_circle_between_dimensions_is_refused():
    rule = {"when": {"dimension": "product", "exists": True}, "value": "x"}

    assert refused(PutRule(dimension="team", number=None, rule=rule)) == [
        "dimensions: they look at each other in a circle: team -> product -> team"
    ]


def test_a_split_and_a_driver_are_put_and_deleted():
    split = {
        "key": "hq",
        "name": "HQ",
        "stage": 2,
        "pool": {"dimension": "team", "equals": "HQ"},
        "receivers": {"dimension": "team"},
        "method": {"kind": "even"},
    }
    added = applied(PutEntry(kind="splits", key=None, entry=split), to=RULES)
    changed = applied(PutEntry(kind="splits", key="hq", entry={**split, "name": "Head office"}), to=added)
    first = applied(MoveEntry(kind="splits", key="hq", to=0), to=changed)

    assert [split.name for split in first.splits] == ["Head office", "Platform to teams"]
    assert refused(DeleteEntry(kind="drivers", key="seats")) == [
        "Split Platform to teams, driver: driver 'seats' is not known; known: none"
    ]


def test_a_whole_version_takes_the_place_of_the_draft():
    assert applied(ReplaceAll(rule_set=RULES, origin="version 3"), to=RuleSet(version=1)) == RULES


@pytest.mark.parametrize(
    "operation",
    [
        MoveRule(dimension="team", number=9, to=0),
        DeleteRule(dimension="team", number=-1),
        RenameDimension(key="gone", name="x"),
        DeleteEntry(kind="splits", key="gone"),
    ],
)
def test_what_is_gone_cannot_be_changed_and_the_message_says_what_to_do(operation):
    with pytest.raises(OperationError, match="Load the page again"):
        applied(operation, to=RULES)


def test_a_stage_is_made_reciprocal_and_plain_again():
    made = applied(PutStage(number=1, is_reciprocal=True), to=RULES)

    assert made.is_reciprocal(1)
    assert applied(PutStage(number=1, is_reciprocal=False), to=made) == RULES
    assert PutStage(number=1, is_reciprocal=True).summary == "Made stage 1 reciprocal"

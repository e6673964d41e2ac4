"""Spellings of tag keys in a draft: put, renamed, removed, and told by whom the key is named."""

import pytest

from allocation.drafts.operations import OperationError, PutRule, applied
from allocation.drafts.problems import DraftError
from allocation.drafts.tag_aliases import DeleteTagAliases, PutSimilarTagKeys, PutTagAliases, uses
from allocation.drafts.tracing import traced
from allocation.engine.conditions import Subject
from allocation.engine.rules import parse
from tests.allocation.engine.bills import OCTOBER

RULES = parse("""
version: 1
tag_keys: [team, cost_center]
tag_aliases: {cost_center: [cc], team: [squad]}
dimensions:
- key: center
  name: Center
  rules:
  - {when: {tag: team, exists: true}, value: Fixed}
  - {name: by tag, when: {tag: cc, exists: true}, value: {tag: cost_center}}
splits:
- {key: it, name: IT, stage: 1, pool: {tag: cost_center, equals: it}, receivers: {dimension: center}, method: {kind: even}}
""")


def put(was, key, *spellings):
    return applied(PutTagAliases(was=was, key=key, spellings=spellings), to=RULES).tag_aliases


def test_spellings_are_put_added_and_renamed_in_their_place():
    assert put("cost_center", "cost_center", "kst", "cc") == {"cost_center": ("kst", "cc"), "team": ("squad",)}
    assert list(put("", "env", "stage")) == ["cost_center", "team", "env"]
    assert list(put("cost_center", "center", "cc", "cost_center")) == ["center", "team"]


@pytest.mark.parametrize(
    ("was", "key", "said"),
    [
        ("gone", "gone", "'gone' has no listed spellings any more. Load the page again."),
        ("", "team", "'team' has listed spellings already. Open it and add to them."),
        ("cost_center", "team", "'team' has listed spellings already. Open it and add to them."),
    ],
)
def test_what_is_not_there_or_there_already_is_refused_with_what_to_do(was, key, said):
    with pytest.raises(OperationError) as refused:
        put(was, key, "x")

    assert str(refused.value) == said


def test_a_spelling_of_another_key_is_told_by_the_names_on_the_pages():
    with pytest.raises(DraftError) as refused:
        put("", "owner", "squad")

    assert str(refused.value) == "Tag key owner: 'squad' is a spelling of 'team' already; keep it under one key"


def test_a_key_without_a_spelling_is_told_what_is_missing():
    with pytest.raises(DraftError) as refused:
        put("", "owner")

    assert str(refused.value) == "Tag key owner: write at least one other spelling"


def test_removed_spellings_are_keys_of_their_own_which_rules_may_go_on_to_name():
    changed = applied(DeleteTagAliases(key="cost_center"), to=RULES)

    assert changed.tag_aliases == {"team": ("squad",)}
    assert changed.tag_keys == ("team", "cost_center", "cc")
    with pytest.raises(OperationError, match="has no listed spellings any more"):
        applied(DeleteTagAliases(key="cc"), to=RULES)


def test_a_rule_that_names_a_spelling_of_a_listed_tag_key_lists_no_other():
    rule = {"when": {"tag": "squad", "exists": True}, "value": "x"}

    assert applied(PutRule(dimension="center", number=None, rule=rule), to=RULES).tag_keys == ("team", "cost_center")


def test_similar_keys_are_switched_on_and_off():
    on = applied(PutSimilarTagKeys(is_on=True), to=RULES)

    assert on.similar_tag_keys
    assert applied(PutSimilarTagKeys(is_on=False), to=on) == RULES


def test_the_rules_and_splits_that_name_a_key_are_told_once_whatever_the_spelling():
    assert [use.words for use in uses(RULES, "cost_center")] == ["Center, rule 2 (by tag)", "Split IT"]
    assert [use.words for use in uses(RULES, "squad")] == ["Center, rule 1"]


def test_a_trace_says_under_which_key_the_line_has_the_text():
    trace = traced(RULES, {Subject("tag", "squad"): "a", Subject("tag", "cc"): "7"}, period=OCTOBER)[0]

    assert trace.value == "Fixed"
    assert (trace.rules[0].tests[0].found, trace.rules[0].tests[0].spelling) == ("a", "squad")


def test_a_trace_of_the_spelling_that_a_test_names_says_nothing_of_it():
    trace = traced(RULES, {Subject("tag", "cc"): "7"}, period=OCTOBER)[0]

    assert trace.value == "7"
    assert [rule.tests[0].spelling for rule in trace.rules] == ["", ""]

"""Tags that accounts give to their charges: who inherits them, what goes before, and that money stays the same."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.engine import rules
from allocation.engine.account_tags import Inherited
from allocation.engine.attribute_sets import read
from allocation.engine.classification import Classifier, facts
from allocation.engine.conditions import Subject
from tests.allocation.engine.bills import allocate, by_value, charge, write_revision

OCTOBER = date(2026, 10, 1)
BY_TEAM = {
    "version": "1",
    "virtual_tags": {"shop-prod": {"team": "retail"}, "lab": {"Team": "research", "env": "test"}},
    "dimensions": [
        {"key": "team", "name": "Team", "rules": [
            {"when": {"tag": "team", "exists": True}, "value": {"tag": "team"}}]}
    ],
}  # fmt: skip


def caught(account, tags, **more):
    classifier = Classifier(rules.from_document({**BY_TEAM, **more}), period=OCTOBER)
    found = classifier.caught(facts({"sub_account_id": account}, tags=tags, source="aws")).get("team")
    return found and found.value


@pytest.mark.parametrize(
    ("account", "tags", "seen"),
    [
        ("shop-prod", {}, "retail"),
        ("shop-prod", {"team": "web"}, "web"),
        ("shop-prod", {"team": ""}, "retail"),
        ("shop-prod", {"team": " "}, "retail"),
        ("shop-prod", {"Team": "web"}, "retail"),
        ("Shop-Prod", {}, None),
        (None, {}, None),
        ("lab", {}, None),
    ],
)
def test_a_charge_without_a_tag_of_its_own_has_that_of_its_account(account, tags, seen):
    assert caught(account, tags) == seen


@pytest.mark.parametrize(
    ("account", "tags", "seen"),
    [("lab", {}, "research"), ("lab", {"TEAM": "web"}, "web"), ("shop-prod", {"te-am": "x"}, "x")],
)
def test_any_spelling_of_a_key_is_the_key_on_either_side(account, tags, seen):
    assert caught(account, tags, similar_tag_keys=True) == seen


def test_what_the_bill_inherits_goes_before_where_its_key_is_listed_as_a_spelling():
    aliases = {"tag_aliases": {"team": ["accountTag/team"]}}

    assert caught("shop-prod", {"accountTag/team": "from AWS"}, **aliases) == "from AWS"
    assert caught("shop-prod", {}, **aliases) == "retail"


def test_a_month_is_classified_as_single_charges_are(tmp_path):
    charges = [
        charge("50", sub_account_id="shop-prod", tags={"team": "web"}),
        charge("20", sub_account_id="shop-prod"),
        charge("4", sub_account_id="shop-prod", tags={"team": " "}),
        charge("2", sub_account_id="lab"),
        charge("1"),
    ]
    rule_set = rules.from_document({**BY_TEAM, "similar_tag_keys": True})

    _, result = allocate(tmp_path, rule_set, charges)

    assert by_value(result, "team") == {
        "web": Decimal(50), "retail": Decimal(24), "research": Decimal(2), None: Decimal(1),
    }  # fmt: skip
    assert result.proof.holds


def drawn_lines(drawn):
    """Return accounts and tags of some lines."""
    accounts = ["shop-prod", "lab", "other", None]
    texts = ["web", "retail", " ", ""]
    return [
        (drawn.choice(accounts), {key: drawn.choice(texts) for key in drawn.sample(["team", "env", "x"], 2)})
        for _ in range(20)
    ]


def written_out(account, tags):
    """Return the tags of a line with those of its account written on it, word by word as promised."""
    inherited = {"shop-prod": {"team": "retail"}, "lab": {"team": "research", "env": "test"}}.get(account, {})
    return {**tags, **{key: text for key, text in inherited.items() if not tags.get(key, "").strip()}}


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_a_bill_is_allocated_as_if_tags_of_accounts_stood_on_its_lines(tmp_path_factory, drawn):
    plain = {**BY_TEAM, "dimensions": [
        {"key": "team", "name": "Team", "rules": [
            {"when": {"all": [{"tag": "env", "equals": "test"}, {"tag": "team", "exists": True}]}, "value": "tests"},
            {"when": {"tag": "team", "exists": True}, "value": {"tag": "team"}}]}]}  # fmt: skip
    plain["virtual_tags"] = {"shop-prod": {"team": "retail"}, "lab": {"team": "research", "env": "test"}}
    lines = [(str(2**at), account, tags) for at, (account, tags) in enumerate(drawn_lines(drawn))]

    results = [
        allocate(
            tmp_path_factory.mktemp("run"),
            rules.from_document(document),
            [charge(cost, tags=tags_of(account, tags), sub_account_id=account) for cost, account, tags in lines],
        )[1]
        for document, tags_of in ((plain, lambda _, tags: tags), ({**plain, "virtual_tags": {}}, written_out))
    ]

    assert by_value(results[0], "team") == by_value(results[1], "team")
    assert results[0].proof.holds


def test_rules_that_name_no_key_of_an_account_read_no_account(tmp_path):
    revision = write_revision(tmp_path, [charge("1", sub_account_id="lab", tags={"stage": "x"})])
    rule_set = rules.from_document(BY_TEAM)

    sets = read(
        [revision], subjects=[Subject("tag", "stage")], spellings=rule_set.spellings(),
        account_tags=rule_set.account_tags(),
    )  # fmt: skip

    assert list(sets._columns) == [Subject("tag", "stage")]


def test_a_charge_tells_what_it_inherits_and_from_whom():
    tags = rules.from_document({**BY_TEAM, "similar_tag_keys": True}).account_tags()

    assert tags.inherited({"TEAM": "web"}, account="lab") == (Inherited(key="env", text="test", account="lab"),)
    assert [one.words for one in tags.inherited({}, account="shop-prod")] == ["team: retail (from account shop-prod)"]
    assert tags.inherited({}, account=None) == ()


def test_rules_with_them_are_written_and_read_the_same_and_named_otherwise():
    rule_set = rules.from_document(BY_TEAM)
    changed = rules.from_document({**BY_TEAM, "virtual_tags": {"shop-prod": {"team": "web"}}})

    assert rules.parse(rules.dump(rule_set)) == rule_set
    assert rules.fingerprint(rule_set) != rules.fingerprint(changed)


def test_an_account_whose_id_is_all_digits_needs_no_quotes():
    rule_set = rules.parse("version: 1\nvirtual_tags:\n  012345678901: {team: retail}\n")

    assert rule_set.account_tags().text("team", account="012345678901") == "retail"


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"lab": {"team": " "}}, "virtual_tags.lab.team: a key or value is blank; write it, or leave the line out"),
        ({"lab": {" ": "x"}}, "virtual_tags.lab. : a key or value is blank; write it, or leave the line out"),
        ({" lab": {"a": "x"}},
         "virtual_tags. lab: an account's id has no spaces around it; write it as the bill does"),
        ({"lab": {"team": "x", "Team": "y"}},
         "virtual_tags.lab.Team: 'Team' and 'team' count as one key; keep one of them"),
    ],
)  # fmt: skip
def test_tags_that_nobody_could_tell_apart_are_refused_by_name(tags, problem):
    with pytest.raises(rules.RuleSetError) as refused:
        rules.from_document({"version": "1", "similar_tag_keys": True, "virtual_tags": tags})

    assert refused.value.problems == [problem]


@pytest.mark.parametrize("tags", [{"lab": {}}, {"lab": {"team": ""}}, {"lab": "team"}, {"": {"team": "x"}}, ["lab"]])
def test_what_is_no_mapping_of_accounts_to_tags_is_refused(tags):
    with pytest.raises(rules.RuleSetError, match="virtual_tags"):
        rules.from_document({"version": "1", "virtual_tags": tags})

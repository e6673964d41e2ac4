"""The form of a rule: what it shows of a document goes back into the same document, however deep it is nested."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.engine.dimensions import Rule
from itfm.web.allocation.dimensions import conditions
from itfm.web.allocation.dimensions.conditions import GroupFields, TestFields
from itfm.web.allocation.dimensions.fields import RowFields, edited, from_document, from_post, suggested, to_document

RULE = {
    "name": "by tag",
    "when": {
        "all": [
            {"column": "sub_account_id", "one_of": ["111", "222"]},
            {"not": {"tag": "env", "equals": "prod", "ignore_case": True}},
            {"any": [{"dimension": "team", "exists": False}, {"source": True, "equals": "AWS"}]},
        ]
    },
    "value": {"first_of": [{"tag": "team"}, {"column": "service_name"}],
              "transforms": ["trim", {"lookup": "names", "otherwise": "none"}, {"regex": "^(x)"}, {"prefix": "t-"}]},
    "valid_from": "2026-01",
}  # fmt: skip


def posted(fields):
    """Return what a browser would send of a form that shows these fields."""
    data = {
        name: getattr(fields, name)
        for name in ("name", "valid_from", "valid_to", "owner", "note", "value_kind", "value_text")
    }
    for name in ("place", "transform"):
        for number, row in enumerate(getattr(fields, f"{name}s")):
            data |= {f"{name}.{number}-kind": row.kind, f"{name}.{number}-key": row.key}
    return data | of_part(fields.when)


def of_part(part):
    if isinstance(part, TestFields):
        data = {f"{part.path}-{name}": getattr(part, name) for name in ("kind", "key", "operator", "texts")}
        data |= {f"{part.path}-{name}": "on" for name in conditions.READINGS if getattr(part, name)}
        return data | {f"{part.path}-type": "test"}
    data = {f"{part.path}-type": "group", f"{part.path}-mode": part.mode}
    for inner in part.parts:
        data |= of_part(inner)
    return data


def test_a_rule_comes_back_from_its_form():
    assert to_document(from_post(posted(from_document(RULE)))) == RULE


tests = st.fixed_dictionaries(
    {"tag": st.text("abc", min_size=1, max_size=5)}, optional={"ignore_case": st.just(True), "loose": st.just(True)}
).flatmap(
    lambda subject: st.sampled_from(
        [{"equals": "x"}, {"exists": True}, {"exists": False}, {"one_of": ["a", "b c"]}]
    ).map(lambda test: subject | test)
)
trees = st.recursive(
    tests,
    lambda inner: (
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=2, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=6,
)


def depth(fields):
    return 1 + max((depth(part) for part in fields.parts), default=0) if isinstance(fields, GroupFields) else 0


@settings(deadline=None)
@given(trees)
def test_any_condition_means_the_same_after_its_form(tree):
    shown = conditions.from_document(tree, path="when")
    if depth(shown) > conditions.MAX_DEPTH:
        return

    back = conditions.to_document(conditions.from_post(of_part(shown), path="when"))

    assert meaning(back) == meaning(tree)


def meaning(tree):
    """Return a condition without double negations, which a form shows as groups of one."""
    rule = Rule.model_validate({"when": tree, "value": "x"})
    return plain(rule.model_dump(by_alias=True, exclude_defaults=True)["when"])


def plain(tree):
    for name in ("all", "any"):
        if name in tree:
            return {name: [plain(part) for part in tree[name]]}
    if "not" in tree:
        inner = plain(tree["not"])
        return inner.get("not", {"not": inner})
    return tree


def test_buttons_add_and_remove_parts_where_they_stand():
    fields = suggested(tag="team")

    grown = edited(edited(fields, "add-group:when"), "add-test:when.1")
    assert [part.path for part in grown.when.parts[1].parts] == ["when.1.0", "when.1.1"]

    shrunk = edited(edited(grown, "remove:when.1.0"), "remove:when.0")
    assert [part.path for part in shrunk.when.parts] == ["when.0"]
    assert [part.path for part in shrunk.when.parts[0].parts] == ["when.0.0"]


def test_places_and_steps_are_added_and_removed():
    fields = edited(edited(suggested(tag="team"), "add:place"), "add:transform")
    assert (len(fields.places), len(fields.transforms)) == (2, 2)

    assert edited(fields, "drop:place.0").places == (RowFields(kind="tag"),)


@pytest.mark.parametrize(
    "command", ["", "explode:when", "drop:place.x", "drop:name.0", "remove:when.9", "add-test:nowhere"]
)
def test_a_button_that_is_none_changes_nothing(command):
    fields = suggested(tag="team")

    assert edited(fields, command) == fields


def test_groups_nest_to_a_limit_and_no_deeper():
    data, path = {}, "when"
    for _ in range(30):
        data |= {f"{path}-type": "group", f"{path}-mode": "all"}
        path += ".0"
    data |= {f"{path}-type": "test"}

    assert depth(conditions.from_post(data, path="when")) <= conditions.MAX_DEPTH + 1


def test_what_a_form_sends_beyond_its_choices_falls_back_to_them():
    fields = from_post({"when-mode": "x", "when.0-type": "test", "when.0-kind": "eval", "when.0-operator": "drop",
                        "place.0-kind": "file", "value_kind": "x"})  # fmt: skip

    assert (fields.when.mode, fields.when.parts[0].kind, fields.when.parts[0].operator) == ("all", "tag", "equals")
    assert (fields.places[0].kind, fields.value_kind) == ("tag", "fixed")

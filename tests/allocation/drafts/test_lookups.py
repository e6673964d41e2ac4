"""Rows of lookup tables: changed in place, refused with what to do, and never half."""

import pytest

from allocation.drafts.lookups import AddLookup, DeleteLookup, EditLookup, MergeLookup, RowEdit, looked_up, uses
from allocation.drafts.operations import OperationError, applied
from allocation.drafts.problems import DraftError
from allocation.engine.rules import parse

RULES = parse("""
version: 1
lookups: {names: {pay: Payments, srch: Search}, free: {}}
dimensions:
- key: team
  name: Team
  rules:
  - {when: {tag: x, exists: true}, value: Fixed}
  - {name: by tag, when: {tag: team, exists: true}, value: {tag: team, transforms: [{lookup: names}]}}
""")


def test_values_that_a_table_gives_at_the_end_of_a_rule_are_known_before_a_charge_has_them():
    assert looked_up(RULES, RULES.dimensions[0]) == {"Payments", "Search"}


def names(operation):
    return applied(operation, to=RULES).lookups["names"]


def edited(*rows):
    return EditLookup(key="names", edits=tuple(RowEdit(was=was, text=text, gives=gives) for was, text, gives in rows))


def test_the_rules_that_look_up_in_a_table_are_told_by_number_and_name():
    assert [use.words for use in uses(RULES, "names")] == ["Team, rule 2 (by tag)"]
    assert list(uses(RULES, "free")) == []


def test_rows_are_changed_in_their_place_added_and_removed_in_one_step():
    table = names(edited(("pay", "payments", "Payments"), ("srch", "", ""), ("", "web", "Web shop")))

    assert list(table.items()) == [("payments", "Payments"), ("web", "Web shop")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("pay", "pay", ""), "The row 'pay' gives nothing. Write what it gives, or delete the row."),
        (("", "", "Web"), "A row that gives 'Web' says not what it looks up. Write it, or clear both."),
        (("", "srch", "Web"), "Two rows look up 'srch'. Keep one of them."),
        (("gone", "a", "b"), "There is no row 'gone' any more. Load the page again."),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_what_to_do(row, said):
    with pytest.raises(OperationError) as refused:
        names(edited(row))

    assert str(refused.value) == said


def test_two_rows_may_trade_their_texts():
    assert names(edited(("pay", "srch", "Payments"), ("srch", "pay", "Search"))) == {
        "srch": "Payments",
        "pay": "Search",
    }


def test_a_file_adds_and_changes_rows_or_takes_the_place_of_all():
    file = {"srch": "Find", "web": "Web"}

    assert names(MergeLookup(key="names", table=file)) == {"pay": "Payments", "srch": "Find", "web": "Web"}
    assert names(MergeLookup(key="names", table=file, is_whole=True)) == file


def test_a_table_is_added_once_and_deleted_when_no_rule_uses_it():
    added = applied(AddLookup(key="more", table={}), to=RULES)

    assert added.lookups["more"] == {}
    assert applied(DeleteLookup(key="more"), to=added) == RULES
    with pytest.raises(OperationError, match="There is a lookup 'names' already"):
        applied(AddLookup(key="names", table={}), to=RULES)
    with pytest.raises(DraftError, match="lookup 'names' is not known"):
        applied(DeleteLookup(key="names"), to=RULES)


def test_summaries_say_what_was_done():
    assert edited(("pay", "", "")).summary == "Deleted the row pay of lookup names"
    assert edited(("pay", "a", "b"), ("", "c", "d")).summary == "Changed 2 rows of lookup names"
    assert MergeLookup(key="names", table={"a": "b"}).summary == "Added to lookup names: 1 row of a file"

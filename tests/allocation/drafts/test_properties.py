"""Any sequence of changes can be undone to where it began, and what is accepted can be written and read back."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.drafts.account_tags import DeleteAccountTags, PutAccountTags
from allocation.drafts.lookups import AddLookup, DeleteLookup, EditLookup, MergeLookup, RowEdit
from allocation.drafts.operations import (
    AddDimension,
    DeleteEntry,
    DeleteRule,
    MoveEntry,
    MoveRule,
    OperationError,
    PutRule,
    applied,
)
from allocation.drafts.problems import DraftError
from allocation.drafts.tag_aliases import DeleteTagAliases, PutSimilarTagKeys, PutTagAliases
from allocation.engine.rules import RuleSet, dump, parse

keys = st.sampled_from(["team", "product", "env"])
texts = st.text(min_size=1, max_size=20)
numbers = st.integers(-1, 4)
tables = st.dictionaries(texts, texts, max_size=3)
conditions = st.recursive(
    st.builds(lambda key, text: {"tag": key, "equals": text}, texts, texts)
    | st.builds(lambda key: {"dimension": key, "exists": True}, keys),
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=4,
)
rules = st.builds(lambda when, value: {"when": when, "value": value}, conditions, texts)
spellings = st.lists(texts | st.sampled_from(["Team", "TEAM", "te-am"]), max_size=3).map(tuple)
operations = st.one_of(
    st.builds(PutTagAliases, was=st.just("") | keys, key=keys | texts, spellings=spellings),
    st.builds(DeleteTagAliases, key=keys),
    st.builds(PutSimilarTagKeys, is_on=st.booleans()),
    st.builds(PutAccountTags, was=st.just("") | keys, account=keys | texts, tags=tables),
    st.builds(DeleteAccountTags, account=keys),
    st.builds(AddDimension, key=keys, name=texts),
    st.builds(PutRule, dimension=keys, number=st.none() | numbers, rule=rules),
    st.builds(MoveRule, dimension=keys, number=numbers, to=numbers),
    st.builds(DeleteRule, dimension=keys, number=numbers),
    st.builds(MoveEntry, kind=st.just("dimensions"), key=keys, to=numbers),
    st.builds(DeleteEntry, kind=st.just("dimensions"), key=keys),
    st.builds(AddLookup, key=keys, table=tables),
    st.builds(MergeLookup, key=keys, table=tables, is_whole=st.booleans()),
    st.builds(EditLookup, key=keys, edits=st.lists(st.builds(RowEdit, was=texts, text=texts, gives=texts)).map(tuple)),
    st.builds(DeleteLookup, key=keys),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(operations, max_size=8))
def test_what_is_accepted_reads_back_the_same_and_never_changes_what_was_before(listed):
    states = [RuleSet(version=1)]
    written = [dump(states[0])]
    for operation in listed:
        with contextlib.suppress(OperationError, DraftError):
            states.append(applied(operation, to=states[-1]))
            written.append(dump(states[-1]))

    assert [parse(text) for text in written] == states
    assert [dump(state) for state in states] == written

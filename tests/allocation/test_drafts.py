"""The open draft: begun, changed, taken back, published, and kept from being overwritten unseen."""

import pytest

from allocation.drafts.operations import AddDimension, PutRule
from allocation.drafts.problems import DraftError
from allocation.engine.rules import dump, parse
from allocation.models import RuleDraft, RuleSet
from allocation.services import publish_rules
from allocation.services.drafts import (
    NewerVersionError,
    NothingToPublishError,
    StaleDraftError,
    change_draft,
    discard_draft,
    publish_draft,
    redo_draft,
    restore_draft,
    undo_draft,
)
from allocation.working import discarded_draft, steps_around, working_rules
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member

TEAM = AddDimension(key="team", name="Team")
PRODUCT = AddDimension(key="product", name="Product")
RULE = PutRule(dimension="team", number=None, rule={"when": {"tag": "team", "exists": True}, "value": {"tag": "team"}})


@pytest.fixture
def ada(acme):
    return member(acme, Role.OWNER)


@pytest.fixture
def inside(acme, ada):
    with tenant(acme.id):
        yield acme


def change(acme, ada, operation, *, lock):
    return change_draft(operation, lock=lock, organization_id=acme.id, by=ada, at=NOW)


def keys():
    return [dimension.key for dimension in working_rules().rules.dimensions]


def test_the_first_change_opens_a_draft_of_the_version_in_force(inside, ada):
    publish_rules(
        parse("version: 1\ndimensions: [{key: env, name: Env}]"), organization_id=inside.id, published_by=None, at=NOW
    )

    draft = change(inside, ada, TEAM, lock=0)

    assert (draft.base.version, draft.lock) == (1, 1)
    assert keys() == ["env", "team"]
    assert RuleSet.objects.count() == 1


def test_undo_and_redo_restore_to_the_letter(inside, ada):
    change(inside, ada, TEAM, lock=0)
    change(inside, ada, RULE, lock=1)
    after = dump(working_rules().rules)

    assert undo_draft(lock=2, by=ada, at=NOW) == "Added a rule to team"
    assert working_rules().rules.dimensions[0].rules == ()
    assert redo_draft(lock=3, by=ada, at=NOW) == "Added a rule to team"
    assert dump(working_rules().rules) == after


def test_a_change_after_undo_forgets_what_could_be_made_again(inside, ada):
    change(inside, ada, TEAM, lock=0)
    undo_draft(lock=1, by=ada, at=NOW)
    draft = change(inside, ada, PRODUCT, lock=2)

    assert redo_draft(lock=3, by=ada, at=NOW) == ""
    assert keys() == ["product"]
    assert [step and step.summary for step in steps_around(draft)] == ["Added dimension Product", None]


def test_nothing_is_undone_beyond_the_beginning(inside, ada):
    change(inside, ada, TEAM, lock=0)
    undo_draft(lock=1, by=ada, at=NOW)

    assert undo_draft(lock=2, by=ada, at=NOW) == ""
    assert keys() == []


@pytest.mark.parametrize("lock", [0, 1, 7])
def test_a_change_to_a_draft_that_moved_on_is_refused_and_says_who_moved_it(inside, ada, lock):
    change(inside, ada, TEAM, lock=0)
    change(inside, ada, RULE, lock=1)

    with pytest.raises(StaleDraftError, match=r"owner@acme\.example has changed the draft"):
        change(inside, ada, PRODUCT, lock=lock)

    assert keys() == ["team"]


def test_a_refused_change_leaves_the_draft_as_it_was(inside, ada):
    change(inside, ada, TEAM, lock=0)

    with pytest.raises(DraftError):
        change(inside, ada, TEAM, lock=1)

    assert working_rules().lock == 1


def test_a_change_that_changes_nothing_is_no_step(inside, ada):
    change(inside, ada, TEAM, lock=0)
    rename = PutRule(dimension="team", number=None, rule=RULE.rule)
    change(inside, ada, rename, lock=1)
    same = PutRule(dimension="team", number=0, rule=RULE.rule)

    assert change(inside, ada, same, lock=2).lock == 2


def test_publishing_makes_a_version_and_closes_the_draft(inside, ada):
    change(inside, ada, TEAM, lock=0)

    saved = publish_draft(lock=1, by=ada, at=NOW)

    assert (saved.version, saved.published_by) == (1, ada)
    assert working_rules().draft is None
    assert keys() == ["team"]
    assert AuditEvent.objects.get(action="rules.published").target == "version 1"


def test_a_draft_behind_the_version_in_force_is_not_published(inside, ada):
    change(inside, ada, TEAM, lock=0)
    publish_rules(parse("version: 1\n"), organization_id=inside.id, published_by=None, at=NOW)

    with pytest.raises(NewerVersionError, match="Version 1 was published after this draft was begun"):
        publish_draft(lock=1, by=ada, at=NOW)


def test_a_draft_that_says_the_same_is_not_published(inside, ada):
    change(inside, ada, TEAM, lock=0)
    undo_draft(lock=1, by=ada, at=NOW)

    with pytest.raises(NothingToPublishError):
        publish_draft(lock=2, by=ada, at=NOW)


def test_a_discarded_draft_can_be_restored_until_another_is_begun(inside, ada):
    change(inside, ada, TEAM, lock=0)
    discard_draft(lock=1, by=ada, at=NOW)
    assert keys() == []

    found = discarded_draft()
    restore_draft(found.id, by=ada, at=NOW)
    assert keys() == ["team"]

    discard_draft(lock=3, by=ada, at=NOW)
    change(inside, ada, PRODUCT, lock=0)
    assert discarded_draft() is None
    with pytest.raises(StaleDraftError, match="Another draft is open"):
        restore_draft(found.id, by=ada, at=NOW)


def test_every_change_is_in_the_audit_log(inside, ada):
    change(inside, ada, TEAM, lock=0)
    undo_draft(lock=1, by=ada, at=NOW)

    events = AuditEvent.objects.filter(action="rules.draft_changed").order_by("at")
    assert [event.summary for event in events] == ["Added dimension Team", "Took back: Added dimension Team"]


def test_another_organization_has_no_part_in_a_draft(inside, ada, globex):
    change(inside, ada, TEAM, lock=0)

    with tenant(globex.id):
        assert RuleDraft.objects.count() == 0
        assert keys() == []

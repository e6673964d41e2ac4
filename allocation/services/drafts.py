"""Changing, taking back, discarding and publishing the one open draft of the rules."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from allocation.drafts.operations import Operation, applied
from allocation.engine.rules import dump
from allocation.models import DraftStep, RuleDraft, RuleSet
from allocation.selectors import current_rule_set
from allocation.services.rules import publish_rules
from allocation.working import EMPTY, draft_rules, open_draft, parsed
from itfm.accounts.models import User
from itfm.audit.services import record

State = RuleDraft.State
KEPT_STEPS: Final = 100
"""How many changes can be undone."""


class StaleDraftError(RuntimeError):
    """The draft is not as the page showed it; the message says who changed it and what to do."""


class NewerVersionError(RuntimeError):
    """A version was published after the draft was begun, so publishing it would take that version back unseen."""


class NothingToPublishError(RuntimeError):
    """The draft says what is in force already."""


@transaction.atomic
def change_draft(operation: Operation, *, lock: int, organization_id: UUID, by: User, at: datetime) -> RuleDraft:
    """Make one change in the open draft, beginning one from the version in force when there is none.

    :param lock: the number the page showed; 0 when it showed no draft.
    :raises StaleDraftError: somebody else has changed the draft since.
    :raises OperationError: what is to be changed is not there.
    :raises DraftError: the result would not be a rule set.
    """
    draft = _locked(lock) if lock else _begun(organization_id, by=by, at=at)
    before = draft_rules(draft)
    after = applied(operation, to=before)
    if after == before:
        return draft
    draft.steps.filter(number__gt=draft.step_number).delete()
    draft.step_number += 1
    DraftStep.objects.create(
        organization_id=organization_id,
        draft=draft,
        number=draft.step_number,
        summary=operation.summary[:300],
        document=dump(after),
    )
    draft.steps.filter(number__lt=draft.step_number - KEPT_STEPS).delete()
    _touched(draft, by=by, at=at, summary=operation.summary)
    return draft


@transaction.atomic
def undo_draft(*, lock: int, by: User, at: datetime) -> str:
    """Go back one change and return what was taken back; nothing when there is nothing to take back.

    :raises StaleDraftError: somebody else has changed the draft since.
    """
    draft = _locked(lock)
    step = draft.steps.get(number=draft.step_number)
    if not draft.steps.filter(number=draft.step_number - 1).exists():
        return ""
    draft.step_number -= 1
    _touched(draft, by=by, at=at, summary=f"Took back: {step.summary}")
    return step.summary


@transaction.atomic
def redo_draft(*, lock: int, by: User, at: datetime) -> str:
    """Make again what was taken back last and return what it was; nothing when there is nothing.

    :raises StaleDraftError: somebody else has changed the draft since.
    """
    draft = _locked(lock)
    step = draft.steps.filter(number=draft.step_number + 1).first()
    if step is None:
        return ""
    draft.step_number += 1
    _touched(draft, by=by, at=at, summary=f"Made again: {step.summary}")
    return step.summary


@transaction.atomic
def discard_draft(*, lock: int, by: User, at: datetime) -> RuleDraft:
    """Close the draft without publishing it; `restore_draft` takes it up again.

    :raises StaleDraftError: somebody else has changed the draft since.
    """
    draft = _locked(lock)
    draft.state = State.DISCARDED
    _touched(draft, by=by, at=at, summary="Discarded the draft", action="rules.draft_discarded")
    return draft


@transaction.atomic
def restore_draft(draft_id: UUID, *, by: User, at: datetime) -> RuleDraft:
    """Take up a discarded draft again.

    :raises RuleDraft.DoesNotExist: there is no such draft.
    :raises StaleDraftError: another one is open.
    """
    draft = RuleDraft.objects.select_for_update().get(pk=draft_id, state__in=[State.DISCARDED, State.OPEN])
    if draft.state == State.OPEN:
        return draft
    other = open_draft()
    if other is not None:
        raise StaleDraftError("Another draft is open. Publish or discard it, then restore this one.")
    draft.state = State.OPEN
    _touched(draft, by=by, at=at, summary="Restored the draft", action="rules.draft_restored")
    return draft


@transaction.atomic
def publish_draft(*, lock: int, by: User, at: datetime) -> RuleSet:
    """Make the draft's rules the version in force and return it.

    :raises StaleDraftError: somebody else has changed the draft since.
    :raises NewerVersionError: another version was published after the draft was begun.
    :raises NothingToPublishError: the draft says what is in force already.
    """
    draft = _locked(lock)
    newest = current_rule_set()
    if newest is not None and newest.id != draft.base_id:
        raise NewerVersionError(
            f"Version {newest.version} was published after this draft was begun. Compare the two under Versions,"
            " then discard the draft and make its changes again."
        )
    rules = draft_rules(draft)
    if rules == (parsed(newest.document) if newest else EMPTY):
        raise NothingToPublishError("The draft says what is in force already. Change something first.")
    saved, _ = publish_rules(rules, organization_id=draft.organization_id, published_by=by, at=at)
    draft.state = State.PUBLISHED
    draft.save(update_fields=["state"])
    record(
        "rules.published",
        organization_id=draft.organization_id,
        actor_id=by.pk,
        actor_name=str(by),
        target=f"version {saved.version}",
        summary=f"Published version {saved.version} of the rules",
        changes={"version": saved.version, "replaces": newest.version if newest else None},
    )
    return saved


def _locked(lock: int) -> RuleDraft:
    """Return the open draft, held until the transaction ends.

    :raises StaleDraftError: there is none, or it has changed since it had this number.
    """
    draft = RuleDraft.objects.select_for_update(of=("self",)).filter(state=State.OPEN).first()
    if draft is None:
        raise StaleDraftError("The draft was published or discarded meanwhile. Load the page again.")
    if draft.lock != lock:
        raise _stale(draft)
    return draft


def _begun(organization_id: UUID, *, by: User, at: datetime) -> RuleDraft:
    """Open a draft of the version in force."""
    base = current_rule_set()
    try:
        with transaction.atomic():
            draft = RuleDraft.objects.create(
                organization_id=organization_id, base=base, edited_by=by, opened_at=at, changed_at=at
            )
    except IntegrityError as error:
        raise _stale(RuleDraft.objects.get(state=State.OPEN)) from error
    summary = f"Began from version {base.version}" if base else "Began from nothing"
    document = base.document if base else dump(EMPTY)
    DraftStep.objects.create(organization_id=organization_id, draft=draft, number=0, summary=summary, document=document)
    return draft


def _stale(draft: RuleDraft) -> StaleDraftError:
    who = f"{draft.edited_by} has" if draft.edited_by else "Somebody has"
    return StaleDraftError(f"{who} changed the draft since you opened the page. Load it again and repeat your change.")


def _touched(draft: RuleDraft, *, by: User, at: datetime, summary: str, action: str = "rules.draft_changed") -> None:
    draft.lock += 1
    draft.edited_by, draft.changed_at = by, at
    draft.save(update_fields=["state", "step_number", "lock", "edited_by", "changed_at"])
    record(
        action,
        organization_id=draft.organization_id,
        actor_id=by.pk,
        actor_name=str(by),
        target="rule draft",
        summary=summary,
    )

"""Questions on Explore that people keep under a name: for themselves, or for everybody in the organization.

Only its owner changes a view. What programs keep is for everybody, and any program that may keep views changes it. What
is shared is the question; each reader gets the costs that she may see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from itfm.accounts.models import Membership
from itfm.audit.services import Actor, record
from itfm.web.models import SavedView

RESTORABLE_FOR: Final = timedelta(days=30)
LONGEST_NAME: Final = 80
LONGEST_QUESTION: Final = 6000
"""Longer addresses some browsers and servers between cut off."""
MOST_VIEWS: Final = 100
PRIVATE: Final = "a private view"
"""What the audit log calls views that only their owners know."""


class SavedViewError(Exception):
    """A view cannot be kept so; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Owner:
    """Whose views are meant, and how the audit log names them; without a person, those of programs."""

    organization_id: UUID
    user_id: int | None
    by: Actor


def visible_views(membership: Membership) -> QuerySet[SavedView]:
    """Return the views that a member may open, with their owners: her own, and what others share."""
    visible = Q(owner_id=membership.user_id) | Q(is_shared=True)
    return SavedView.objects.filter(visible, deleted_at=None).select_related("owner")


def views_of(membership: Membership) -> Sequence[SavedView]:
    """Return the views that a member may open, by name."""
    return list(visible_views(membership).order_by("name", "id"))


def deleted_views_of(membership: Membership, *, at: datetime) -> Sequence[SavedView]:
    """Return the member's own views that can be brought back, the one deleted last first."""
    found = SavedView.objects.filter(owner_id=membership.user_id, deleted_at__gt=at - RESTORABLE_FOR)
    return list(found.order_by("-deleted_at"))


@transaction.atomic
def save_view(name: str, params: str, *, owner: Owner, is_shared: bool) -> SavedView:
    """Keep a question under a name; the same question under the same name is kept once.

    :raises SavedViewError: the name is missing, too long or taken, the question too long, there are too many views, or
        a program would keep one for itself.
    """
    name = _clean(name)
    _check_length(params)
    _check_sharing(owner, is_shared=is_shared)
    own = SavedView.objects.filter(owner_id=owner.user_id, deleted_at=None)
    same = own.filter(name=name).first()
    if same is not None and same.params == params and same.is_shared == is_shared:
        return same
    if own.count() >= MOST_VIEWS:
        raise SavedViewError(f"You keep {MOST_VIEWS} views, which is the most. Delete one first.")
    view = SavedView(
        organization_id=owner.organization_id, owner_id=owner.user_id, name=name, params=params, is_shared=is_shared
    )
    _save(view)
    _record("view.saved", view, by=owner.by, changes={"question": [None, params]} if is_shared else {})
    return view


@transaction.atomic
def rename_view(view_id: UUID, name: str, *, owner: Owner) -> SavedView:
    """Give a view another name.

    :raises SavedView.DoesNotExist: the owner has no such view.
    :raises SavedViewError: the name is missing, too long or taken.
    """
    view = _locked(view_id, owner=owner)
    before, view.name = view.name, _clean(name)
    if view.name != before:
        _save(view)
        _record("view.renamed", view, by=owner.by, changes={"name": [before, view.name]} if view.is_shared else {})
    return view


@transaction.atomic
def change_question(view_id: UUID, params: str, *, owner: Owner) -> SavedView:
    """Keep another question under the view's name.

    :raises SavedView.DoesNotExist: the owner has no such view.
    :raises SavedViewError: the question is too long.
    """
    _check_length(params)
    view = _locked(view_id, owner=owner)
    before, view.params = view.params, params
    if params != before:
        _save(view)
        _record("view.changed", view, by=owner.by, changes={"question": [before, params]} if view.is_shared else {})
    return view


@transaction.atomic
def share_view(view_id: UUID, *, owner: Owner, is_shared: bool) -> SavedView:
    """Show a view to everybody in the organization, or to its owner alone again.

    :raises SavedView.DoesNotExist: the owner has no such view.
    :raises SavedViewError: it is a program's, whose views are for everybody.
    """
    _check_sharing(owner, is_shared=is_shared)
    view = _locked(view_id, owner=owner)
    if view.is_shared != is_shared:
        view.is_shared = is_shared
        _save(view)
        # Its name was known to all while it was shared, so the log may name it either way.
        _record("view.shared" if is_shared else "view.unshared", view, by=owner.by, target=view.name)
    return view


@transaction.atomic
def delete_view(view_id: UUID, *, owner: Owner, at: datetime) -> SavedView:
    """Take a view away, so that it can be undone for a while; what was deleted longer ago is gone for good.

    :raises SavedView.DoesNotExist: the owner has no such view.
    """
    SavedView.objects.filter(owner_id=owner.user_id, deleted_at__lte=at - RESTORABLE_FOR).delete()
    view = _locked(view_id, owner=owner)
    view.deleted_at = at
    _save(view)
    _record("view.deleted", view, by=owner.by)
    return view


@transaction.atomic
def restore_view(view_id: UUID, *, owner: Owner, at: datetime) -> SavedView:
    """Undo that a view was deleted. One that is there already stays as it is.

    :raises SavedView.DoesNotExist: the owner has no such view, or it was deleted too long ago.
    :raises SavedViewError: another view has its name by now.
    """
    recent = Q(deleted_at=None) | Q(deleted_at__gt=at - RESTORABLE_FOR)
    view = SavedView.objects.select_for_update().get(recent, pk=view_id, owner_id=owner.user_id)
    if view.deleted_at is not None:
        view.deleted_at = None
        _save(view)
        _record("view.restored", view, by=owner.by)
    return view


def _locked(view_id: UUID, *, owner: Owner) -> SavedView:
    return SavedView.objects.select_for_update().get(pk=view_id, owner_id=owner.user_id, deleted_at=None)


def _check_length(params: str) -> None:
    if len(params) > LONGEST_QUESTION:
        raise SavedViewError("This question is too long to keep. Take away some of the filters.")


def _check_sharing(owner: Owner, *, is_shared: bool) -> None:
    if owner.user_id is None and not is_shared:
        raise SavedViewError("What a program keeps is for everybody in the organization. Share it.")


def _clean(name: str) -> str:
    """Return a name without needless spaces."""
    words = " ".join(name.split())
    if not words or not words.isprintable():
        raise SavedViewError("A view needs a name to find it by.")
    if len(words) > LONGEST_NAME:
        raise SavedViewError(f"A name has at most {LONGEST_NAME} characters; this one has {len(words)}.")
    return words


def _save(view: SavedView) -> None:
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        raise SavedViewError(f"You have another view of the name '{view.name}'. Choose a different name.") from error


def _record(
    action: str, view: SavedView, *, by: Actor, target: str = "", changes: Mapping[str, object] | None = None
) -> None:
    record(
        action,
        organization_id=view.organization_id,
        actor_id=by.id,
        actor_name=by.name,
        target=target or (view.name if view.is_shared else PRIVATE),
        changes=changes,
    )

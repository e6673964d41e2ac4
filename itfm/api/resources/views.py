"""Saved views: questions on Explore that people and programs keep under a name."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from allocation.costs.query import QueryError
from itfm.api.fields import PLAIN, Form, Text
from itfm.api.operations import Call, Resource, etag_of, operation
from itfm.api.paging import Page, page_of
from itfm.api.problems import FieldProblem, ProblemError, unknown
from itfm.api.replies import Reply
from itfm.web.explore.drill import params_of
from itfm.web.explore.question import question_of
from itfm.web.explore.saved import (
    LONGEST_NAME,
    LONGEST_QUESTION,
    Owner,
    SavedViewError,
    change_question,
    delete_view,
    rename_view,
    restore_view,
    save_view,
    share_view,
    visible_views,
)
from itfm.web.lens import lens_named
from itfm.web.models import SavedView

TAG = ["Views"]
WORDS: Final = frozenset(
    {"first", "last", "measure", "by", "granularity", "is", "not", "compare", "currency", "limit", "lens"}
)
HELP: Final = "The question in the words of the address of Explore: `first=2026-10&by=team&is=team:Search`."


class ViewAnswer(Form):
    """A question under a name. Whoever asks it gets the costs that are theirs to see."""

    id = serializers.UUIDField()
    name = Text()
    question = Text(help_text=HELP)
    is_shared = serializers.BooleanField(help_text="Whether everybody in the organization may open it.")
    is_own = serializers.BooleanField(help_text="Whether the caller may change it.")
    owner = Text(allow_null=True, help_text="Address of the person; null when a program keeps it.")
    address = Text(help_text="Where it opens on the site.")


class ViewForm(Form):
    """A view to keep."""

    name = Text(max_length=LONGEST_NAME, validators=[PLAIN])
    question = Text(max_length=LONGEST_QUESTION, help_text=HELP)
    is_shared = serializers.BooleanField(
        default=False, help_text="A program's view is for everybody, so with a key this must be true."
    )


class ViewChangeForm(Form):
    """What to change of a view; what is left out stays."""

    name = Text(required=False, max_length=LONGEST_NAME, validators=[PLAIN])
    question = Text(required=False, max_length=LONGEST_QUESTION, help_text=HELP)
    is_shared = serializers.BooleanField(required=False)


class Views(Resource):
    """All views."""

    @operation("costs.read", answers=ViewAnswer, is_list=True, operation_id="list_views", tags=TAG)
    def get(self, call: Call) -> Page[dict[str, Any]]:
        """List the views the caller may open, by name: its own, and what others share."""
        page = page_of(visible_views(call.membership), order=("name", "id"), query=call.query)
        return Page(rows=[_document(view, call) for view in page.rows], next_cursor=page.next_cursor)

    @operation("views.write", body=ViewForm, answers=ViewAnswer, status=201, operation_id="create_view", tags=TAG)
    def post(self, call: Call) -> Reply:
        """Keep a question under a name. The same question under the same name is kept once."""
        body = call.body
        params = _params(body["question"])
        try:
            view = save_view(body["name"], params, owner=_owner(call), is_shared=body["is_shared"])
        except SavedViewError as error:
            raise ProblemError("conflict", str(error)) from error
        return _told(view, call, status=201, headers={"Location": f"/api/v1/views/{view.pk}"})


class OneView(Resource):
    """One view."""

    @operation("costs.read", answers=ViewAnswer, operation_id="read_view", tags=TAG)
    def get(self, call: Call, view_id: UUID) -> Reply:
        """Tell of one view. Its ETag is what a change must be made from."""
        found = visible_views(call.membership).filter(pk=view_id).first()
        if found is None:
            raise unknown("view")
        return _told(found, call)

    @operation(
        "views.write",
        body=ViewChangeForm,
        answers=ViewAnswer,
        is_versioned=True,
        operation_id="change_view",
        tags=TAG,
    )
    def patch(self, call: Call, view_id: UUID) -> Reply:
        """Change the name, the question or the sharing of a view of the caller's own."""
        owner, body = _owner(call), call.body
        call.expect(_etag(_own(view_id, owner)))
        try:
            if "question" in body:
                change_question(view_id, _params(body["question"]), owner=owner)
            if "name" in body:
                rename_view(view_id, body["name"], owner=owner)
            if "is_shared" in body:
                share_view(view_id, owner=owner, is_shared=body["is_shared"])
        except SavedViewError as error:
            raise ProblemError("conflict", str(error)) from error
        return _told(_own(view_id, owner), call)

    @operation("views.write", status=204, operation_id="delete_view", tags=TAG)
    def delete(self, call: Call, view_id: UUID) -> Reply:
        """Delete a view of the caller's own; for 30 days it can be brought back."""
        try:
            delete_view(view_id, owner=_owner(call), at=call.at)
        except SavedView.DoesNotExist as error:
            raise unknown("view of yours") from error
        return Reply(None, status=204)


class ViewRestorations(Resource):
    """The return of a deleted view."""

    @operation("views.write", answers=ViewAnswer, operation_id="restore_view", tags=TAG)
    def post(self, call: Call, view_id: UUID) -> Reply:
        """Bring a deleted view back, within 30 days. One that is there stays as it is."""
        try:
            return _told(restore_view(view_id, owner=_owner(call), at=call.at), call)
        except SavedView.DoesNotExist as error:
            raise unknown("view of yours") from error
        except SavedViewError as error:
            raise ProblemError("conflict", str(error)) from error


def _owner(call: Call) -> Owner:
    return Owner(organization_id=call.organization.id, user_id=call.membership.user_id, by=call.actor)


def _own(view_id: UUID, owner: Owner) -> SavedView:
    found = SavedView.objects.select_for_update(of=("self",)).select_related("owner")
    view = found.filter(pk=view_id, owner_id=owner.user_id, deleted_at=None).first()
    if view is None:
        raise unknown("view of yours")
    return view


def _params(question: str) -> str:
    """Return a question in the one order it is written in.

    :raises ProblemError: it cannot be asked.
    """
    try:
        asked = parse_qs(question, keep_blank_values=True, strict_parsing=True, max_num_fields=200)
    except ValueError as error:
        raise _unasked("Write it as an address has it: first=2026-10&by=team.") from error
    strange = sorted(set(asked) - WORDS)
    if strange:
        raise _unasked(f"'{strange[0][:20]}' is no word of a question.")
    try:
        lens = lens_named(asked.get("lens", ["finance"])[-1])
        query, _, _ = question_of(asked, lens=lens)
    except QueryError as error:
        raise _unasked(str(error)) from error
    return params_of(query, lens)


def _unasked(detail: str) -> ProblemError:
    problem = FieldProblem(pointer="/question", detail=detail)
    return ProblemError("invalid", "The question cannot be asked.", errors=[problem])


def _told(view: SavedView, call: Call, *, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(_document(view, call), status=status, headers={**(headers or {}), "ETag": _etag(view)})


def _document(view: SavedView, call: Call) -> dict[str, Any]:
    return {
        "id": view.pk,
        "name": view.name,
        "question": view.params,
        "is_shared": view.is_shared,
        "is_own": view.owner_id == call.membership.user_id,
        "owner": view.owner.email if view.owner else None,
        "address": f"{settings.SITE_URL.rstrip('/')}{reverse('explore')}?{view.params}",
    }


def _etag(view: SavedView) -> str:
    return etag_of(json.dumps([str(view.pk), view.name, view.params, view.is_shared]).encode())

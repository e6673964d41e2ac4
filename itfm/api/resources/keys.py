"""API keys: made, replaced without a gap, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework import serializers

from itfm.accounts.keys import (
    MOST_SCOPES,
    OVERLAP,
    KeyGrant,
    KeyGrantError,
    KeyStateError,
    create_key,
    known_permissions,
    living,
    revoke_key,
    rotate_key,
)
from itfm.accounts.models import ApiKey
from itfm.api.fields import PLAIN, Choice, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.me import ScopeForm
from itfm.core.policy import Role

TAG = ["Access"]
ROLES = [role.value for role in Role]


class _PermissionList(serializers.ListField):
    def __init__(self, **options: Any) -> None:
        child = Choice(choices=known_permissions())
        super().__init__(child=child, max_length=len(known_permissions()), **options)


class KeyAnswer(Form):
    """A key, without its secret, which nobody knows but who was shown it."""

    id = serializers.UUIDField()
    name = Text()
    prefix = Text(help_text="First characters of the secret, to tell keys apart.")
    role = Choice(choices=ROLES)
    permissions = _PermissionList(allow_null=True, help_text="Part of what the role may do; null is all of it.")
    scopes = ScopeForm(many=True, help_text="What the key sees and nothing else; empty is what its role sees.")
    created_at = serializers.DateTimeField()
    created_by = Text(source="created_by_name")
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True, help_text="The key it was rotated from.")


class NewKeyAnswer(KeyAnswer):
    """A key with its secret, this once."""

    secret = Text(allow_null=True, help_text="Shown now and never again; null when the request is repeated.")


class KeyForm(Form):
    """A key to make."""

    name = Text(max_length=80, validators=[PLAIN], help_text="What the key is for.")
    role = Choice(choices=ROLES)
    permissions = _PermissionList(required=False, allow_null=True, default=None)
    scopes = serializers.ListField(child=ScopeForm(), required=False, default=list, max_length=MOST_SCOPES)
    expires_in_days = serializers.IntegerField(min_value=1, max_value=3650, default=365)


class RotationForm(Form):
    """How to replace a key."""

    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=30 * 24, default=int(OVERLAP.total_seconds() // 3600), help_text="How long both live."
    )


class Keys(Resource):
    """All keys."""

    @operation("keys.read", answers=KeyAnswer, is_list=True, operation_id="list_keys", tags=TAG)
    def get(self, call: Call) -> Page[ApiKey]:
        """List the keys that still open something, newest first."""
        return page_of(living(ApiKey.objects.all(), at=call.at), order=("-created_at", "id"), query=call.query)

    @operation(
        "keys.write",
        body=KeyForm,
        answers=NewKeyAnswer,
        status=201,
        shown_once=("secret",),
        operation_id="create_key",
        tags=TAG,
    )
    def post(self, call: Call) -> Reply:
        """Make a key that may do and see no more than the caller, and show its secret this once."""
        body = call.body
        try:
            key, secret = create_key(
                body["name"],
                organization_id=call.organization.id,
                grant=KeyGrant(
                    role=Role(body["role"]),
                    permissions=None if body["permissions"] is None else tuple(body["permissions"]),
                    scopes=tuple((scope["dimension"], scope["value"]) for scope in body["scopes"]),
                ),
                giver=call.membership,
                by=call.actor,
                expires_at=call.at + timedelta(days=body["expires_in_days"]),
            )
        except KeyGrantError as error:
            raise ProblemError("invalid", str(error)) from error
        return _shown(key, secret)


class OneKey(Resource):
    """One key."""

    @operation("keys.read", answers=KeyAnswer, operation_id="read_key", tags=TAG)
    def get(self, call: Call, key_id: UUID) -> ApiKey:  # noqa: ARG002
        """Tell of one key, alive or not."""
        return _key(key_id)

    @operation("keys.write", answers=KeyAnswer, operation_id="revoke_key", tags=TAG)
    def delete(self, call: Call, key_id: UUID) -> ApiKey:
        """Make a key worthless from now on. Doing it twice changes nothing."""
        return revoke_key(_key(key_id), by=call.actor, at=call.at)


class Rotations(Resource):
    """The rotations of a key."""

    @operation(
        "keys.write",
        body=RotationForm,
        answers=NewKeyAnswer,
        status=201,
        shown_once=("secret",),
        operation_id="rotate_key",
        tags=TAG,
    )
    def post(self, call: Call, key_id: UUID) -> Reply:
        """Make a successor with the same rights; the old key lives beside it for a while."""
        overlap = timedelta(hours=call.body["overlap_hours"])
        try:
            return _shown(*rotate_key(_key(key_id), giver=call.membership, by=call.actor, at=call.at, overlap=overlap))
        except (KeyStateError, KeyGrantError) as error:
            raise ProblemError("conflict", str(error)) from error


def _shown(key: ApiKey, secret: str) -> Reply:
    key.refresh_from_db()
    key.secret = secret  # type: ignore[attr-defined]
    return Reply(key, status=201, headers={"Location": f"/api/v1/keys/{key.id}"})


def _key(key_id: UUID) -> ApiKey:
    found = ApiKey.objects.filter(pk=key_id).first()
    if found is None:
        raise unknown("key")
    return found

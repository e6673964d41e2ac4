"""Members and invitations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from itfm.accounts.keys import MOST_SCOPES, KeyGrantError, refuse_beyond
from itfm.accounts.members import MemberError, add_scope, change_role, remove_member, remove_scope
from itfm.accounts.models import Invitation, Membership, Scope, User
from itfm.accounts.services import (
    InvitationError,
    MembershipExistsError,
    invite,
    renew_invitation,
    withdraw_invitation,
)
from itfm.api.fields import Choice, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.me import ScopeForm
from itfm.core.policy import Role
from itfm.web.settings.letters import send_invitation

TAG = ["Access"]
ROLES = [role.value for role in Role]
INVITED_ROLES = [role.value for role in Role if role != Role.OWNER]


class MemberAnswer(Form):
    """Somebody in the organization."""

    id = serializers.UUIDField()
    email = Text(source="user.email")
    name = Text(source="user.name")
    role = Choice(choices=ROLES)
    sees_everything = serializers.BooleanField()
    scopes = ScopeForm(many=True, help_text="What a member sees whose role does not see everything.")
    member_since = serializers.DateTimeField(source="created_at")


class RoleForm(Form):
    """A role to give."""

    role = Choice(choices=ROLES)


class ScopesForm(Form):
    """All scopes of a member."""

    scopes = serializers.ListField(child=ScopeForm(), max_length=MOST_SCOPES)


class InvitationAnswer(Form):
    """An invitation that has not been answered."""

    id = serializers.UUIDField()
    email = Text()
    role = Choice(choices=ROLES)
    scopes = ScopeForm(many=True)
    invited_by = Text(source="invited_by.email", default=None, allow_null=True, help_text="Null for a program.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class InvitationForm(Form):
    """Somebody to ask in."""

    email = serializers.EmailField(max_length=254)
    role = Choice(choices=INVITED_ROLES, help_text="Owners are made of members.")
    scopes = serializers.ListField(child=ScopeForm(), required=False, default=list, max_length=MOST_SCOPES)


class Members(Resource):
    """All members."""

    @operation("members.read", answers=MemberAnswer, is_list=True, operation_id="list_members", tags=TAG)
    def get(self, call: Call) -> Page[Membership]:
        """List members, the oldest first."""
        members = Membership.objects.select_related("user").prefetch_related("scopes")
        return page_of(members, order=("created_at", "id"), query=call.query)


class OneMember(Resource):
    """One member."""

    @operation("members.read", answers=MemberAnswer, operation_id="read_member", tags=TAG)
    def get(self, call: Call, member_id: UUID) -> Membership:  # noqa: ARG002
        """Tell of one member."""
        return _member(member_id)

    @operation("members.write", body=RoleForm, answers=MemberAnswer, operation_id="change_member", tags=TAG)
    def patch(self, call: Call, member_id: UUID) -> Membership:
        """Give a member another role, of no more than the caller may; only owners make and change owners."""
        member = _member(member_id)
        if call.body["role"] != Role.OWNER:  # who makes owners is said by `change_role`
            _refuse_beyond(call, call.body["role"], member.named_scopes())
        try:
            change_role(member, role=Role(call.body["role"]), by=call.actor, by_role=Role(call.membership.role))
        except MemberError as error:
            raise ProblemError("conflict", str(error)) from error
        return _member(member_id)

    @operation("members.write", status=204, operation_id="remove_member", tags=TAG)
    def delete(self, call: Call, member_id: UUID) -> Reply:
        """Take somebody out of the organization; on the site this can be undone for 30 days."""
        try:
            remove_member(_member(member_id), by=call.actor, by_role=Role(call.membership.role), at=call.at)
        except MemberError as error:
            raise ProblemError("conflict", str(error)) from error
        return Reply(None, status=204)


class MemberScopes(Resource):
    """The scopes of a member."""

    @operation("members.write", body=ScopesForm, answers=MemberAnswer, operation_id="put_member_scopes", tags=TAG)
    def put(self, call: Call, member_id: UUID) -> Membership:
        """Let a member see exactly these parts of the cost."""
        member = _member(member_id)
        wanted = _pairs(call.body["scopes"])
        _refuse_beyond(call, member.role, wanted)
        for scope in Scope.objects.filter(membership=member):
            if (scope.dimension, scope.value) not in wanted:
                remove_scope(scope, by=call.actor)
        for dimension, value in sorted(wanted):
            add_scope(member, dimension=dimension, value=value, by=call.actor)
        return _member(member_id)


class Invitations(Resource):
    """Open invitations."""

    @operation("members.read", answers=InvitationAnswer, is_list=True, operation_id="list_invitations", tags=TAG)
    def get(self, call: Call) -> Page[Invitation]:
        """List the invitations that have not been answered, newest first."""
        return page_of(_waiting(), order=("-created_at", "id"), query=call.query)

    @operation(
        "members.invite",
        body=InvitationForm,
        answers=InvitationAnswer,
        status=201,
        operation_id="send_invitation",
        tags=TAG,
    )
    def post(self, call: Call) -> Reply:
        """Send an invitation; it takes the place of one that waits for the same address."""
        role, scopes = Role(call.body["role"]), _pairs(call.body["scopes"])
        _refuse_beyond(call, role, scopes)
        try:
            invitation, token = invite(
                call.body["email"],
                organization=call.organization,
                role=role,
                scopes=sorted(scopes),
                by=call.actor,
                at=call.at,
            )
        except MembershipExistsError as error:
            raise ProblemError("conflict", str(error)) from error
        send_invitation(invitation, token=token, invited_by=_person_name(call))
        headers = {"Location": f"/api/v1/invitations/{invitation.id}"}
        return Reply(_invitation(invitation.id), status=201, headers=headers)


class OneInvitation(Resource):
    """One invitation."""

    @operation("members.read", answers=InvitationAnswer, operation_id="read_invitation", tags=TAG)
    def get(self, call: Call, invitation_id: UUID) -> Invitation:  # noqa: ARG002
        """Tell of one invitation that has not been answered."""
        return _invitation(invitation_id)

    @operation("members.invite", status=204, operation_id="withdraw_invitation", tags=TAG)
    def delete(self, call: Call, invitation_id: UUID) -> Reply:
        """Make an invitation's letter worthless."""
        withdraw_invitation(_invitation(invitation_id), by=call.actor)
        return Reply(None, status=204)


class Renewals(Resource):
    """The further letters of an invitation."""

    @operation("members.invite", answers=InvitationAnswer, operation_id="renew_invitation", tags=TAG)
    def post(self, call: Call, invitation_id: UUID) -> Invitation:
        """Send an invitation once more, for another 14 days; the link in the old letter is void."""
        invitation = _invitation(invitation_id)
        _refuse_beyond(call, invitation.role, _pairs(invitation.scopes))
        try:
            token = renew_invitation(invitation, by=call.actor, at=call.at)
        except InvitationError as error:
            raise ProblemError("conflict", str(error)) from error
        send_invitation(invitation, token=token, invited_by=_person_name(call))
        return _invitation(invitation_id)


def _waiting() -> QuerySet[Invitation]:
    return Invitation.objects.filter(accepted_at__isnull=True).select_related("invited_by", "organization")


def _invitation(invitation_id: UUID) -> Invitation:
    found = _waiting().filter(pk=invitation_id).first()
    if found is None:
        raise unknown("open invitation")
    return found


def _pairs(scopes: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    return {(scope["dimension"], scope["value"]) for scope in scopes}


def _refuse_beyond(call: Call, role: str, scopes: Iterable[tuple[str, str]]) -> None:
    try:
        refuse_beyond(Role(role), scopes, giver=call.membership)
    except KeyGrantError as error:
        raise ProblemError("forbidden", str(error)) from error


def _person_name(call: Call) -> str:
    person = User.objects.filter(pk=call.actor.id).first() if call.actor.id else None
    return str(person) if person else ""


def _member(member_id: UUID) -> Membership:
    members = Membership.objects.select_related("user").prefetch_related("scopes")
    found: Membership | None = members.filter(pk=member_id).first()
    if found is None:
        raise unknown("member")
    return found

"""Members and invitations."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers

from itfm.accounts.keys import MOST_SCOPES
from itfm.accounts.members import MemberError, add_scope, change_role, remove_member, remove_scope
from itfm.accounts.models import Invitation, Membership, Scope
from itfm.accounts.services import withdraw_invitation
from itfm.api.fields import Choice, Form, Text
from itfm.api.operations import Call, Resource, operation
from itfm.api.paging import Page, page_of
from itfm.api.problems import ProblemError, unknown
from itfm.api.replies import Reply
from itfm.api.resources.me import ScopeForm
from itfm.core.policy import Role

TAG = ["Access"]
ROLES = [role.value for role in Role]


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
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


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
        """Give a member another role; only owners make and change owners."""
        member = _member(member_id)
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
        wanted = {(scope["dimension"], scope["value"]) for scope in call.body["scopes"]}
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
        waiting = Invitation.objects.filter(accepted_at__isnull=True)
        return page_of(waiting, order=("-created_at", "id"), query=call.query)


class OneInvitation(Resource):
    """One invitation."""

    @operation("members.invite", status=204, operation_id="withdraw_invitation", tags=TAG)
    def delete(self, call: Call, invitation_id: UUID) -> Reply:
        """Make an invitation's letter worthless."""
        found = Invitation.objects.filter(pk=invitation_id, accepted_at__isnull=True).first()
        if found is None:
            raise unknown("open invitation")
        withdraw_invitation(found, by=call.actor)
        return Reply(None, status=204)


def _member(member_id: UUID) -> Membership:
    members = Membership.objects.select_related("user").prefetch_related("scopes")
    found: Membership | None = members.filter(pk=member_id).first()
    if found is None:
        raise unknown("member")
    return found

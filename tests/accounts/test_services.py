"""Organizations and invitations."""

from datetime import timedelta

import pytest

from itfm.accounts.models import Invitation, Membership, Scope
from itfm.accounts.services import (
    InvitationError,
    accept_invitation,
    create_organization,
    invite,
    memberships_of,
    open_invitation,
)
from itfm.audit.services import Actor
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.conftest import NOW, member, person


def invited(organization, email="new@example.com", **options):
    with tenant(organization.id):
        owner = member(organization, Role.OWNER)
        return invite(
            email,
            organization=organization,
            role=Role.ENGINEER,
            by=Actor(id=owner.pk, name=owner.email),
            at=NOW,
            **options,
        )


def test_founding_an_organization_makes_its_owner(db):
    founder = person("founder@example.com")

    create_organization("Blue Ocean", owner=founder)

    places = memberships_of(founder)
    assert [(place.organization.name, place.role) for place in places] == [("Blue Ocean", "owner")]


def test_two_organizations_of_one_name_do_not_collide(db):
    assert create_organization("Blue Ocean").slug != create_organization("Blue Ocean").slug


def test_an_invitation_makes_its_reader_a_member_with_the_scopes_it_names(acme):
    _, token = invited(acme, scopes=[("cost_center", "1100")])
    user = person("new@example.com")

    accept_invitation(token, user=user, at=NOW)

    with tenant(acme.id):
        membership = Membership.objects.get(user=user)
        assert membership.role == "engineer"
        assert [str(scope) for scope in Scope.objects.filter(membership=membership)] == ["cost_center = 1100"]


def test_an_invitation_works_once(acme):
    _, token = invited(acme)
    user = person("new@example.com")
    accept_invitation(token, user=user, at=NOW)

    with pytest.raises(InvitationError, match="has been used"):
        accept_invitation(token, user=user, at=NOW)


def test_an_invitation_expires(acme):
    _, token = invited(acme)

    with pytest.raises(InvitationError, match="expired"):
        open_invitation(token, at=NOW + timedelta(days=14))


def test_an_invitation_is_for_the_address_it_was_sent_to(acme):
    _, token = invited(acme)

    with pytest.raises(InvitationError, match="sent to new@example.com"):
        accept_invitation(token, user=person("other@example.com"), at=NOW)


@pytest.mark.parametrize("token", ["", "nonsense", "00000000000000000000000000000000.x", "."])
def test_a_token_that_was_never_given_out_opens_nothing(db, token):
    with pytest.raises(InvitationError):
        open_invitation(token, at=NOW)


def test_the_database_does_not_hold_the_secret_of_an_invitation(acme):
    _, token = invited(acme)

    with tenant(acme.id):
        stored = Invitation.objects.values().get()
    assert token.partition(".")[2] not in str(stored)

"""Settings as an owner, an admin and an engineer meet them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from itfm.accounts.models import FormerMember, Invitation, Membership, Organization, Scope, User
from itfm.accounts.services import invite, open_invitation
from itfm.audit.models import AuditEvent
from itfm.audit.services import Actor, record
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.models import OutboxMessage
from showback.services import CostCenterBranch, replace_cost_centers
from tests.conftest import member, person


@pytest.fixture
def owner(client, acme):
    user = member(acme, Role.OWNER)
    client.force_login(user)
    return user


def place_of(organization, user):
    with tenant(organization.id):
        return Membership.objects.get(user=user)


def actions(organization):
    with tenant(organization.id):
        return list(AuditEvent.objects.order_by("at").values_list("action", flat=True))


def text(response):
    return response.content.decode()


def test_an_owner_names_the_organization_and_its_time_zone(client, acme, owner):
    client.post(reverse("settings_save"), {"name": "Acme Holding", "time_zone": "Europe/Berlin"})

    with tenant(acme.id):
        saved = Organization.objects.get()
    assert (saved.name, saved.time_zone) == ("Acme Holding", "Europe/Berlin")
    assert actions(acme) == ["organization.changed"]
    assert "CE" in text(client.get(reverse("settings")))


def test_saving_what_is_so_already_leaves_no_word(client, acme, owner):
    client.post(reverse("settings_save"), {"name": "Acme", "time_zone": "UTC"})

    assert actions(acme) == []


def test_an_owner_chooses_what_allocates(client, acme, owner):
    asked = {"name": "Acme", "time_zone": "UTC"}

    refused = client.post(reverse("settings_save"), {**asked, "engine": "trino"})
    client.post(reverse("settings_save"), {**asked, "engine": "spark"})

    with tenant(acme.id):
        (event,) = AuditEvent.objects.all()
        assert Organization.objects.get().engine == "spark"
    assert refused.status_code == 422
    assert event.changes == {"engine": ["", "spark"]}
    page = text(client.get(reverse("settings")))
    assert '<option value="spark" selected>Spark, on one machine or a cluster</option>' in page
    assert "Every engine gives the same numbers." in page


def test_who_may_not_change_the_settings_reads_what_allocates(client, acme, owner):
    client.post(reverse("settings_save"), {"name": "Acme", "time_zone": "UTC", "engine": "spark"})
    client.force_login(member(acme, Role.AUDITOR))

    assert "<dt>Allocation</dt><dd>Spark, on one machine or a cluster</dd>" in text(client.get(reverse("settings")))


def test_a_second_factor_is_asked_for_only_by_somebody_who_has_one(client, acme, owner):
    refused = client.post(
        reverse("settings_save"), {"name": "Acme", "time_zone": "UTC", "requires_second_factor": "on"}
    )

    assert refused.status_code == 422
    assert "Set up a second factor for yourself first" in text(refused)


def test_members_without_a_second_factor_are_led_to_set_one_up(client, acme, owner):
    with tenant(acme.id):
        Organization.objects.update(requires_second_factor=True)

    answer = client.get(reverse("overview"), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("settings_security")
    assert "asks its members for a second factor" in text(answer)


def test_members_with_a_second_factor_go_on(client, acme, owner):
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(owner, generate_totp_secret())
    with tenant(acme.id):
        Organization.objects.update(requires_second_factor=True)

    assert client.get(reverse("overview")).status_code == 200


def test_a_role_is_changed(client, acme, owner):
    place = place_of(acme, member(acme, Role.VIEWER))

    client.post(reverse("member_role", args=[place.id]), {"role": "finance"})

    assert place_of(acme, place.user).role == "finance"
    assert actions(acme) == ["member.role_changed"]


@pytest.mark.parametrize("role", ["", "emperor", "OWNER"])
def test_a_role_there_is_not_changes_nothing(client, acme, owner, role):
    place = place_of(acme, member(acme, Role.VIEWER))

    client.post(reverse("member_role", args=[place.id]), {"role": role})

    assert place_of(acme, place.user).role == "viewer"


def test_an_admin_can_neither_make_nor_change_nor_remove_an_owner(client, acme):
    owner_place, admin = place_of(acme, member(acme, Role.OWNER)), member(acme, Role.ADMIN)
    client.force_login(admin)
    own = place_of(acme, admin)

    client.post(reverse("member_role", args=[own.id]), {"role": "owner"})
    client.post(reverse("member_role", args=[owner_place.id]), {"role": "viewer"})
    client.post(reverse("member_remove", args=[owner_place.id]))
    transfer = client.post(reverse("member_transfer", args=[own.id]))

    assert (place_of(acme, admin).role, place_of(acme, owner_place.user).role) == ("admin", "owner")
    assert transfer.status_code == 403


def test_the_only_owner_can_neither_leave_nor_step_down(client, acme, owner):
    place = place_of(acme, owner)

    left = client.post(reverse("settings_leave"), follow=True)
    client.post(reverse("member_role", args=[place.id]), {"role": "viewer"})
    client.post(reverse("member_remove", args=[place.id]))

    assert "is the only owner" in text(left)
    assert place_of(acme, owner).role == "owner"
    assert actions(acme) == []


def test_one_of_two_owners_can_leave(client, acme, owner):
    member(acme, Role.OWNER, "second@acme.example")

    answer = client.post(reverse("settings_leave"), follow=True)

    assert "You have left Acme" in text(answer)
    with tenant(acme.id):
        assert not Membership.objects.filter(user=owner).exists()
    assert actions(acme) == ["member.left"]


def test_the_organization_is_handed_over(client, acme, owner):
    finance = member(acme, Role.FINANCE)

    client.post(reverse("member_transfer", args=[place_of(acme, finance).id]))

    assert (place_of(acme, owner).role, place_of(acme, finance).role) == ("admin", "owner")
    assert actions(acme) == ["organization.transferred"]


def test_somebody_removed_sees_nothing_and_can_be_brought_back_as_they_were(client, acme, owner):
    engineer = member(acme, Role.ENGINEER)
    place = place_of(acme, engineer)
    with tenant(acme.id):
        Scope.objects.create(organization=acme, membership=place, dimension="team", value="Payments")
    asked = client.get(reverse("member_remove", args=[place.id]))

    client.post(reverse("member_remove", args=[place.id]))
    client.force_login(engineer)
    assert client.get(reverse("overview")).url == reverse("organizations")
    client.force_login(owner)
    with tenant(acme.id):
        former = FormerMember.objects.get()
    client.post(reverse("member_restore", args=[former.id]))

    assert "kept for 30 days" in text(asked)
    back = place_of(acme, engineer)
    with tenant(acme.id):
        assert [str(scope) for scope in Scope.objects.filter(membership=back)] == ["team = Payments"]
    assert actions(acme) == ["member.removed", "member.restored"]


def test_a_removal_of_long_ago_cannot_be_undone(client, acme, owner):
    with tenant(acme.id):
        former = FormerMember.objects.create(
            organization=acme,
            user=person("gone@example.com"),
            role=Role.VIEWER,
            removed_at=timezone.now() - timedelta(days=30),
        )

    answer = client.post(reverse("member_restore", args=[former.id]), follow=True)

    assert "more than 30 days ago" in text(answer)
    with tenant(acme.id):
        assert Membership.objects.count() == 1


def test_scopes_are_searched_added_and_taken_away(client, acme, owner):
    place = place_of(acme, member(acme, Role.ENGINEER))
    with tenant(acme.id):
        replace_cost_centers([CostCenterBranch(code="1100", name="Payments")], organization_id=acme.id)

    found = client.get(reverse("member", args=[place.id]), {"dimension": "cost_center", "q": "paym"})
    client.post(reverse("member_scope_add", args=[place.id]), {"dimension": "cost_center", "value": "1100"})
    with tenant(acme.id):
        scope = Scope.objects.get()
    client.post(reverse("member_scope_remove", args=[scope.id]))

    assert "1100 Payments" in text(found)
    assert str(scope) == "cost_center = 1100"
    with tenant(acme.id):
        assert not Scope.objects.exists()
    assert actions(acme) == ["member.scope_added", "member.scope_removed"]


def test_a_scope_on_an_unknown_dimension_is_refused(client, acme, owner):
    place = place_of(acme, member(acme, Role.ENGINEER))

    client.post(reverse("member_scope_add", args=[place.id]), {"dimension": "planet", "value": "Mars"})

    with tenant(acme.id):
        assert not Scope.objects.exists()


def invitation_of(organization, invited_by):
    with tenant(organization.id):
        return invite(
            "new@example.com",
            organization=organization,
            role=Role.VIEWER,
            by=Actor(id=invited_by.pk, name=invited_by.email),
            at=timezone.now(),
        )


def test_an_invitation_sent_again_voids_the_first_letter(client, acme, owner):
    invitation, token = invitation_of(acme, owner)

    client.post(reverse("invitation_renew", args=[invitation.id]))

    assert client.get(reverse("invitation", args=[token])).status_code == 404
    with tenant(acme.id):
        letter = OutboxMessage.objects.get()
    link = letter.text.split("/invitations/")[1].split()[0]
    assert open_invitation(link, at=timezone.now()).email == "new@example.com"


def test_an_invitation_withdrawn_opens_nothing(client, acme, owner):
    invitation, token = invitation_of(acme, owner)

    client.post(reverse("invitation_withdraw", args=[invitation.id]))

    assert client.get(reverse("invitation", args=[token])).status_code == 404
    assert actions(acme) == ["invitation.sent", "invitation.withdrawn"]


def test_a_member_is_not_invited_again(client, acme, owner):
    member(acme, Role.VIEWER, "new@example.com")

    answer = client.post(reverse("invite"), {"email": "New@Example.com", "role": "viewer"})

    assert answer.status_code == 422
    assert "is a member already" in text(answer)


def test_ten_thousand_members_are_paged_and_searched_by_the_database(
    client, acme, owner, django_assert_max_num_queries
):
    users = User.objects.bulk_create(User(email=f"person{number:05}@example.com") for number in range(10_000))
    with tenant(acme.id):
        Membership.objects.bulk_create(Membership(organization=acme, user=user, role=Role.VIEWER) for user in users)

    with django_assert_max_num_queries(30):
        first = text(client.get(reverse("members")))
    with django_assert_max_num_queries(30):
        found = text(client.get(reverse("members"), {"q": "person04321"}))
    last = text(client.get(reverse("members"), {"page": "9999"}))

    assert first.count("<tr>") == 51
    assert "10,001" in first
    assert len(first) < 100_000
    assert found.count("@example.com") == 1
    assert "person09999@example.com" in last


def test_an_engineer_reads_the_organization_and_may_leave_it(client, acme, owner):
    client.force_login(member(acme, Role.ENGINEER))

    page = text(client.get(reverse("settings")))

    assert 'action="/settings/save"' not in page
    assert "Leave Acme" in page
    assert client.post(reverse("settings_save"), {"name": "Mine"}).status_code == 403


def test_an_auditor_reads_members_and_changes_nothing(client, acme, owner):
    place = place_of(acme, member(acme, Role.VIEWER))
    client.force_login(member(acme, Role.AUDITOR))

    page = text(client.get(reverse("member", args=[place.id])))

    assert "Save role" not in page
    assert "Add a scope" not in page
    assert client.post(reverse("member_role", args=[place.id]), {"role": "owner"}).status_code == 403


def test_an_invitation_to_another_organization_is_unknown(client, acme, globex, owner):
    invitation, _ = invitation_of(globex, member(globex, Role.OWNER))

    assert client.post(reverse("invitation_withdraw", args=[invitation.id])).status_code == 404
    with tenant(globex.id):
        assert Invitation.objects.exists()


def test_somebody_ends_their_other_sessions(client, acme, owner):
    from django.test import Client

    from tests.conftest import PASSWORD

    browsers = [Client(), Client()]
    for browser in browsers:
        browser.post(reverse("account_login"), {"login": owner.email, "password": PASSWORD})
    assert browsers[0].get(reverse("overview")).status_code == 200

    page = browsers[1].get(reverse("settings_security"))
    browsers[1].post(reverse("sessions_end"))

    assert "Log out everywhere else" in text(page)
    assert browsers[0].get(reverse("overview")).status_code == 302
    assert browsers[1].get(reverse("overview")).status_code == 200


def test_a_session_of_somebody_else_cannot_be_ended(client, acme, owner):
    from allauth.usersessions.models import UserSession
    from django.test import Client

    from tests.conftest import PASSWORD

    colleague = member(acme, Role.VIEWER)
    browser = Client()
    browser.post(reverse("account_login"), {"login": colleague.email, "password": PASSWORD})

    client.post(reverse("sessions_end"), {"session": str(UserSession.objects.get(user=colleague).pk)})

    assert browser.get(reverse("overview")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        "account_change_password",
        "account_email",
        "mfa_index",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "usersessions_list",
    ],
)
def test_account_forms_stand_in_the_frame_of_the_site(client, acme, owner, name):
    page = text(client.get(reverse(name), follow=True))

    assert "Your account" in page or "Confirm" in page


def test_the_account_page_is_there_for_somebody_in_no_organization(client, db):
    client.force_login(person("alone@example.com"))

    assert "How safe is your login?" in text(client.get(reverse("settings_security")))
    assert client.get(reverse("account_change_password")).status_code == 200


def test_the_audit_log_is_read_filtered_and_downloaded(client, acme, owner):
    with tenant(acme.id):
        for number in range(60):
            record(
                "rules.published",
                organization_id=acme.id,
                actor_id=owner.id,
                actor_name="=cmd|' /C calc'!A0",
                target=f"version {number}",
                changes={"dimensions": [1, 2]},
            )
        record("key.revoked", organization_id=acme.id, actor_id=None, actor_name="nightly", target="ci")

    first = text(client.get(reverse("audit")))
    second = text(client.get(reverse("audit"), {"page": "2"}))
    filtered = text(client.get(reverse("audit"), {"action": "key.revoked", "actor": "night"}))
    downloaded = text(client.get(reverse("audit_export")))

    assert "61 events" in " ".join(strip_tags(first).split())
    assert first.count("<tr>") == 51
    assert "version 0<" in second
    assert "Key: revoked" in filtered
    assert "version" not in filtered.split("<tbody>")[1].split("</tbody>")[0]
    assert downloaded.count("\n") == 62
    assert ",'=cmd|' /C calc'!A0," in downloaded


def test_days_of_the_audit_log_are_those_of_the_organization(client, acme, owner):
    with tenant(acme.id):
        Organization.objects.update(time_zone="Pacific/Auckland")
        AuditEvent.objects.create(
            organization=acme,
            action="x.y",
            actor_name="x",
            target="past-midnight",
            at=datetime(2026, 10, 31, 12, 30, tzinfo=UTC),
        )

    inside = text(client.get(reverse("audit"), {"from": "2026-11-01", "to": "2026-11-01"}))
    outside = text(client.get(reverse("audit"), {"to": "2026-10-31"}))

    assert "past-midnight" in inside
    assert "past-midnight" not in outside


@pytest.mark.parametrize("day", ["yesterday", "9999-12-31", "0001-01-01", "2026-02-30"])
def test_a_day_there_is_not_is_no_error_of_ours(client, acme, owner, day):
    for name in ("audit", "audit_export"):
        assert client.get(reverse(name), {"from": day, "to": day}).status_code in {200, 400}

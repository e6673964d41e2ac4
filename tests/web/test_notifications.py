"""Settings, Notifications: which letters go out, which a member wants, and whether letters arrive."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from itfm.accounts.models import Membership, Scope
from itfm.audit.models import AuditEvent
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.models import NotificationPreference, OutboxMessage
from itfm.notify.services import send_queued
from showback.letters import addressees
from showback.models import CostCenter, LetterSchedule
from tests.conftest import member

SCHEDULE = {"is_on": "on", "business_day": "5", "hour": "7", "time_zone": "Europe/Berlin"}


def shown(client):
    return client.get(reverse("notifications")).content.decode()


def test_the_schedule_of_the_monthly_letter_is_set_and_told(client, acme):
    client.force_login(member(acme, Role.FINANCE))
    before = shown(client)

    client.post(reverse("notifications_schedule"), SCHEDULE)

    assert "Next:" not in before
    assert "Next:" in shown(client)
    with tenant(acme.id):
        saved = LetterSchedule.objects.get()
        assert (saved.is_on, saved.business_day, saved.hour, saved.time_zone) == (True, 5, 7, "Europe/Berlin")
        assert AuditEvent.objects.filter(action="letters.schedule_changed").count() == 1


@pytest.mark.parametrize("change", [{"business_day": "16"}, {"hour": "24"}, {"time_zone": "Mars/Olympus"}])
def test_a_schedule_that_is_none_is_refused(client, acme, change):
    client.force_login(member(acme, Role.FINANCE))

    assert client.post(reverse("notifications_schedule"), {**SCHEDULE, **change}).status_code == 422
    with tenant(acme.id):
        assert not LetterSchedule.objects.exists()


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.VIEWER, Role.AUDITOR])
def test_who_sends_no_showback_sets_no_schedule(client, acme, role):
    client.force_login(member(acme, role))

    assert client.post(reverse("notifications_schedule"), SCHEDULE).status_code == 403
    assert "Save the schedule" not in shown(client)


def test_a_member_chooses_her_letters_and_gets_what_she_wants(client, acme):
    user = member(acme, Role.ENGINEER)
    with tenant(acme.id):
        CostCenter.objects.create(organization=acme, code="1100", name="Payments")
        place = Membership.objects.get(user=user)
        Scope.objects.create(organization=acme, membership=place, dimension="cost_center", value="1100")
    client.force_login(user)

    def wanted():
        with tenant(acme.id):
            return [one.email for one in addressees()]

    assert wanted() == ["engineer@acme.example"]
    client.post(reverse("notifications_wishes"), {})
    assert wanted() == []
    assert 'name="showback" id="id_showback" checked' not in shown(client)
    client.post(reverse("notifications_wishes"), {"showback": "on"})
    assert wanted() == ["engineer@acme.example"]
    assert 'name="showback" id="id_showback" checked' in shown(client)
    with tenant(acme.id):
        assert not NotificationPreference.objects.exists()


def test_a_test_letter_reaches_the_member(client, acme):
    client.force_login(member(acme, Role.ADMIN))

    client.post(reverse("notifications_test"))
    queued = shown(client)
    send_queued(acme.id, at=timezone.now())

    assert "Test letter from Acme" in queued
    assert "Queued" in queued
    assert "Sent" in shown(client)
    assert [letter.to for letter in mail.outbox] == [["admin@acme.example"]]
    assert "letters from this site reach you" in mail.outbox[0].body


def test_only_who_reads_the_log_sees_what_others_got(client, acme):
    with tenant(acme.id):
        OutboxMessage.objects.create(organization=acme, key="x", kind="invitation", recipient="grace@example.com")
    seen = {}
    for role in Role:
        client.force_login(member(acme, role))
        seen[role] = "grace@example.com" in shown(client)

    assert {role for role, is_seen in seen.items() if is_seen} == {Role.OWNER, Role.ADMIN, Role.AUDITOR}

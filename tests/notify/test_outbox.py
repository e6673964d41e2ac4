"""Letters go out once, also when senders fail or die between any two steps."""

import smtplib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connections

from itfm.accounts.services import create_organization
from itfm.core.tenancy import tenant
from itfm.notify import services
from itfm.notify.models import OutboxMessage
from itfm.notify.services import queue_message, send_queued
from tests.conftest import NOW


def queue(organization, key="invitation/1"):
    with tenant(organization.id):
        return queue_message(
            organization_id=organization.id,
            key=key,
            recipient="new@example.com",
            subject="Join Acme",
            text="Come in.",
            html="<p>Come in.</p>",
        )


def states(organization):
    with tenant(organization.id):
        return list(OutboxMessage.objects.order_by("key").values_list("state", flat=True))


def test_a_letter_goes_out_once_with_a_message_id_of_its_own(acme):
    message = queue(acme)

    assert send_queued(acme.id, at=NOW) == 1
    assert send_queued(acme.id, at=NOW) == 0
    (letter,) = mail.outbox
    assert letter.to == ["new@example.com"]
    assert letter.extra_headers["Message-ID"] == f"<{message.id}@itfm>"


def test_what_a_letter_said_is_not_kept_once_it_is_out(acme):
    message = queue(acme)
    send_queued(acme.id, at=NOW)

    with tenant(acme.id):
        message.refresh_from_db()
    assert (message.text, message.html, message.subject) == ("", "", "Join Acme")


def test_the_same_letter_queued_again_is_not_sent_again(acme):
    queue(acme)
    send_queued(acme.id, at=NOW)
    queue(acme)

    assert send_queued(acme.id, at=NOW) == 0
    assert len(mail.outbox) == 1


def test_a_server_that_does_not_answer_leaves_the_letter_in_the_queue(acme, monkeypatch):
    queue(acme)

    def refuse(self):
        raise smtplib.SMTPServerDisconnected("gone")

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
        with pytest.raises(smtplib.SMTPServerDisconnected):
            send_queued(acme.id, at=NOW)

    assert states(acme) == ["queued"]
    assert send_queued(acme.id, at=NOW) == 1


def test_a_letter_that_fails_five_times_is_given_up(acme, monkeypatch):
    queue(acme)
    monkeypatch.setattr(
        "django.core.mail.EmailMultiAlternatives.send", lambda self: (_ for _ in ()).throw(OSError("no"))
    )
    for _ in range(4):
        with pytest.raises(OSError, match="no"):
            send_queued(acme.id, at=NOW)

    assert send_queued(acme.id, at=NOW) == 0
    assert states(acme) == ["failed"]


def test_a_sender_that_dies_after_sending_leaves_the_letter_uncertain_and_does_not_send_it_twice(acme, monkeypatch):
    queue(acme)
    with monkeypatch.context() as killed:
        killed.setattr(services, "_mark", lambda message, **fields: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            send_queued(acme.id, at=NOW)

    assert send_queued(acme.id, at=NOW + timedelta(minutes=11)) == 0
    assert states(acme) == ["uncertain"]
    assert len(mail.outbox) == 1


def test_one_letter_that_cannot_go_does_not_hold_up_another_organization(acme, globex, monkeypatch):
    queue(acme)
    queue(globex)

    send_queued(globex.id, at=NOW)

    assert (states(acme), states(globex)) == (["queued"], ["sent"])


def test_senders_at_the_same_time_send_each_letter_once(committed_db):
    acme = create_organization("Acme", slug="acme")
    for number in range(20):
        queue(acme, key=f"letter/{number}")

    def send(_):
        try:
            return send_queued(acme.id, at=NOW)
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(send, range(4)))

    assert sum(sent) == 20
    assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == len(mail.outbox) == 20

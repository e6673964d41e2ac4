"""The local sink keeps each letter whole, once per sending, and tells whose it is by the outbox alone."""

import pytest
from django.core.mail import EmailMultiAlternatives, send_mail

from itfm.core.tenancy import tenant
from itfm.notify.services import queue_message, send_queued
from itfm.notify.sink import is_in_use, letter_in, receipt_of, receipts
from tests.conftest import NOW

pytestmark = pytest.mark.usefixtures("sink")


def sent(organization, key="letter/1", recipient="lead@acme.example"):
    with tenant(organization.id):
        message = queue_message(
            organization_id=organization.id, key=key, recipient=recipient, subject="October", text="1,225.00 USD"
        )
    send_queued(organization.id, at=NOW)
    return message


def kept(organization):
    with tenant(organization.id):
        return receipts()


def test_a_letter_that_went_out_is_kept_as_it_was_sent(acme):
    message = sent(acme)

    (receipt,) = kept(acme)
    letter = letter_in(receipt.path.read_bytes())
    assert receipt.message_id == message.id
    assert (letter["To"], letter["Subject"], letter["Message-ID"]) == (
        "lead@acme.example", "October", f"<{message.id}@itfm>",
    )  # fmt: skip
    assert letter.get_body(("plain",)).get_content().strip() == "1,225.00 USD"
    assert receipt.path.stat().st_mode & 0o077 == 0


def test_an_organization_sees_its_own_letters_only(acme, globex):
    message = sent(acme)
    other = sent(globex, recipient="lead@globex.example")

    assert [one.message_id for one in kept(acme)] == [message.id]
    assert [one.message_id for one in kept(globex)] == [other.id]
    with tenant(globex.id):
        assert receipt_of(message.id) is None
        assert receipt_of(other.id) is not None


def test_outside_of_an_organization_there_is_no_letter(acme):
    message = sent(acme)

    assert receipts() == []
    assert receipt_of(message.id) is None


def test_a_letter_of_no_outbox_is_nobodys(acme, sink):
    send_mail("Confirm your address", "Secret", None, ["new@acme.example"])
    forged = EmailMultiAlternatives("Forged", "Text", to=["a@acme.example"], headers={"Message-ID": "<x@itfm>"})
    forged.send()

    assert len(list(sink.iterdir())) == 2
    assert kept(acme) == []


@pytest.mark.parametrize("name", ["notes.eml", "20261102T120000000000Z-x-y.eml"])
def test_a_file_of_another_name_is_no_letter(acme, sink, name):
    sent(acme)
    (sink / name).write_text("Subject: other")

    assert len(kept(acme)) == 1


def test_a_letter_that_would_go_out_twice_is_there_twice(acme):
    """So that the list shows what a reader would get."""
    message = sent(acme)
    with tenant(acme.id):
        type(message).objects.update(state="queued")
    send_queued(acme.id, at=NOW)

    assert [one.message_id for one in kept(acme)] == [message.id, message.id]


def test_where_mail_is_really_sent_there_is_no_sink(settings):
    assert is_in_use()

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    assert not is_in_use()

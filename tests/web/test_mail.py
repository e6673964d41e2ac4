"""The pages of the local mail: only where mail is kept, only one's own, and nothing in a letter does anything."""

import base64

import pytest
from django.urls import reverse

from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from itfm.notify.services import Image, Letter, queue_letter, send_queued
from itfm.web.mail.reading import links_of
from tests.conftest import NOW, member

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
)
HTML = """<h1>October</h1><img src="cid:trend"><script>alert(1)</script>
<a href="http://127.0.0.1:8000/showback/2010">See it in full</a><a href="https://elsewhere.example/">Away</a>"""


@pytest.fixture
def letter(acme, sink):
    written = Letter(
        subject="October <b>1,225.00</b>",
        text="October: 1,225.00 USD",
        html=HTML,
        kind="showback",
        headers={"Auto-Submitted": "auto-generated"},
        images=(Image(name="trend", png=PNG),),
    )
    with tenant(acme.id):
        message, _ = queue_letter(written, organization_id=acme.id, key="x", recipient="lead@acme.example")
    send_queued(acme.id, at=NOW)
    return message


@pytest.fixture
def admin(client, acme):
    client.force_login(member(acme, Role.ADMIN))
    return client


def test_the_list_shows_to_whom_what_and_when(admin, letter):
    page = admin.get(reverse("mail")).content.decode()

    assert "lead@acme.example" in page
    assert "October &lt;b&gt;1,225.00&lt;/b&gt;" in page
    assert reverse("mail_letter", args=[letter.id]) in page


def test_a_letter_shows_text_headers_and_links_of_this_site(admin, letter):
    page = admin.get(reverse("mail_letter", args=[letter.id])).content.decode()

    assert "October: 1,225.00 USD" in page
    assert "<dt>Auto-Submitted</dt><dd>auto-generated</dd>" in page
    assert f"&lt;{letter.id}@itfm&gt;" in page
    assert '<a href="/showback/2010">See it in full</a>' in page
    assert "elsewhere.example" not in page
    assert "<script>alert" not in page


def test_the_html_is_shut_in_and_has_its_pictures_inside(admin, letter):
    frame = admin.get(reverse("mail_html", args=[letter.id]))

    policy = frame["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert policy.endswith("; sandbox")
    assert f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"' in frame.content.decode()
    assert "cid:" not in frame.content.decode()


def test_the_file_is_the_letter_byte_for_byte(admin, letter, sink):
    answer = admin.get(reverse("mail_file", args=[letter.id]))

    (path,) = sink.iterdir()
    assert answer.content == path.read_bytes()
    assert answer["Content-Type"] == "message/rfc822"
    assert answer["Content-Disposition"] == f'attachment; filename="{letter.id}.eml"'


def test_another_organization_finds_no_letter(client, letter, globex):
    client.force_login(member(globex, Role.OWNER))

    assert "lead@acme.example" not in client.get(reverse("mail")).content.decode()
    for name in ("mail_letter", "mail_html", "mail_file"):
        assert client.get(reverse(name, args=[letter.id])).status_code == 404


def test_somebody_without_the_right_to_change_the_organization_reads_no_mail(client, letter, acme):
    client.force_login(member(acme, Role.FINANCE))

    assert client.get(reverse("mail")).status_code == 403
    assert "Local mail" not in client.get(reverse("overview")).content.decode()


def test_where_mail_is_really_sent_there_are_no_such_pages(admin, letter, settings):
    assert "Local mail" in admin.get(reverse("overview")).content.decode()

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

    assert admin.get(reverse("mail")).status_code == 404
    for name in ("mail_letter", "mail_html", "mail_file"):
        assert admin.get(reverse(name, args=[letter.id])).status_code == 404
    assert "Local mail" not in admin.get(reverse("overview")).content.decode()


def test_a_link_is_listed_once_with_the_words_a_reader_sees():
    html = '<a href="http://a.example/x"><b>See</b> it</a><a href="http://a.example/x">See  it</a><a href="http://a.example/z" aria-label="Mine: Storage">Mine</a><a href="//a.example/y">y</a>'

    assert links_of(html, site="http://a.example") == [
        ("See it", "http://a.example/x"),
        ("Mine: Storage", "http://a.example/z"),
    ]

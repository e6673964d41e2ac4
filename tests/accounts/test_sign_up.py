"""From nothing to an organization of one's own."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from itfm.accounts.models import User
from itfm.accounts.services import memberships_of

pytestmark = pytest.mark.django_db
FORM = {
    "organization_name": "Blue Ocean",
    "email": "Ada@Example.com",
    "password1": "correct horse battery staple",
    "password2": "correct horse battery staple",
}


def test_signing_up_makes_an_organization_and_its_owner_after_the_address_is_confirmed(client):
    answer = client.post(reverse("account_signup"), FORM)
    assert answer.status_code == 302
    link = re.search(r"http://testserver(/account/confirm-email/\S+)", mail.outbox[0].body)[1]
    client.post(link.rstrip("/") + "/")

    client.post(reverse("account_login"), {"login": "ada@example.com", "password": FORM["password1"]})

    page = client.get(reverse("overview"))
    assert page.status_code == 200
    assert "Blue Ocean" in page.content.decode()
    (membership,) = memberships_of(User.objects.get())
    assert (membership.organization.name, membership.role) == ("Blue Ocean", "owner")


def test_an_address_that_is_not_confirmed_does_not_get_in(client):
    client.post(reverse("account_signup"), FORM)
    client.post(reverse("account_login"), {"login": "ada@example.com", "password": FORM["password1"]})

    assert client.get(reverse("overview")).status_code == 302


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"organization_name": " "}, "Name the organization"),
        ({"password1": "short", "password2": "short"}, "at least 12 characters"),
        ({"password1": "password1234", "password2": "password1234"}, "too common"),
    ],
)
def test_what_is_missing_or_weak_is_said(client, change, problem):
    page = client.post(reverse("account_signup"), {**FORM, **change})

    assert problem in page.content.decode()
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_not_betrayed(client):
    User.objects.create_user("ada@example.com", FORM["password1"])

    known = client.post(reverse("account_signup"), FORM)
    unknown = client.post(reverse("account_signup"), {**FORM, "email": "new@example.com"})

    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert User.objects.filter(email__iexact="ada@example.com").count() == 1

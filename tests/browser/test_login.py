"""Ways in: signing up, the second factor, the lockout, an invitation."""

import re
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone
from playwright.sync_api import expect

from itfm.accounts.models import Membership
from itfm.accounts.services import create_organization, invite
from itfm.audit.services import Actor
from itfm.core.policy import Role
from itfm.core.tenancy import tenant
from tests.browser.conftest import assert_accessible, log_in
from tests.browser.northwind import northwind
from tests.conftest import PASSWORD, member, person


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_the_second_factor_is_set_up_and_asked_for(site, new_page):
    northwind()
    page = new_page()
    log_in(page, site, "ada@northwind.example")
    page.goto(f"{site}/account/2fa/totp/activate/")
    assert_accessible(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    assert_accessible(page)

    page.get_by_label("Authenticator code").fill(code_of(page.get_by_label("Authenticator secret").input_value()))
    page.get_by_role("button", name="Activate").click()

    expect(page.get_by_role("heading", name="Recovery Codes")).to_be_visible()
    assert_accessible(page)
    other = new_page()
    other.goto(f"{site}/account/login/")
    other.get_by_label("Email").fill("ada@northwind.example")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Log in", exact=True).click()
    expect(other.get_by_label("Code")).to_be_visible()
    assert_accessible(other)


def test_too_many_wrong_passwords_lock_the_login(site, new_page):
    person("ada@northwind.example")
    page = new_page()

    for _ in range(5):
        page.goto(f"{site}/account/login/")
        page.get_by_label("Email").fill("ada@northwind.example")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in", exact=True).click()

    expect(page.get_by_role("heading", name="Too many attempts")).to_be_visible()
    assert_accessible(page)


def test_signing_up_asks_for_the_organization(site, new_page):
    page = new_page()
    page.goto(f"{site}/account/signup/")
    page.get_by_label("Email", exact=True).fill("grace@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)

    page.get_by_role("button", name="Sign up").click()

    expect(page.get_by_text("Name the organization whose costs you will manage.")).to_be_visible()
    assert_accessible(page)


def test_somebody_invited_joins(site, new_page):
    organization = create_organization("Northwind", slug="northwind")
    owner = member(organization, Role.OWNER, "ada@northwind.example")
    person("grace@example.com")
    with tenant(organization.id):
        _, token = invite(
            "grace@example.com",
            organization=organization,
            role=Role.FINANCE,
            by=Actor(id=owner.pk, name=owner.email),
            at=timezone.now(),
        )
    page = new_page(width="phone")
    page.goto(f"{site}/invitations/{token}")
    assert_accessible(page)
    page.get_by_role("link", name="Log in").click()
    page.get_by_label("Email").fill("grace@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()

    page.get_by_role("button", name="Join Northwind").click()

    expect(page).to_have_url(re.compile("/overview$"))
    expect(page.get_by_role("heading", name="No bills yet")).to_be_visible()


def test_somebody_in_two_organizations_chooses(site, new_page):
    acme = northwind()
    globex = create_organization("Globex", slug="globex")
    for organization in (acme.organization, globex):
        with tenant(organization.id):
            Membership.objects.get_or_create(organization=organization, user=acme.owner, defaults={"role": Role.VIEWER})
    page = new_page(width="phone", theme="dark")
    page.goto(f"{site}/account/login/")
    page.get_by_label("Email").fill("ada@northwind.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_role("heading", name="Choose an organization")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("button", name=re.compile("Northwind")).click()

    expect(page.locator("[data-total=USD]")).to_have_text("1,050.75 USD")
